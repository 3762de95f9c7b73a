# frozen_string_literal: true

module HeapDump
  module CLI
    # What `heapdump measure requires` shows.
    module RequireLines
      private

      def title_of_requires
        boots = Terminal::Units.plural(@count || 3, "boot")
        "#{Terminal::Text.valid(@app.name)} (#{@app.entry}, #{@app.environment}): loading it, " \
          "median of #{boots}, Ruby #{RUBY_VERSION}"
      end

      def show_requires(found)
        screen.line([:bold, title_of_requires])
        screen.line("resident  #{resident_words(found)}")
        screen.line("objects   #{count(found.objects)}, #{bytes(found.bytes)}")
        screen.heading("By gem, without what it requires of others")
        rows(found.gems.map { |gem| [gem, gem.name] }, "gem", 20)
        screen.heading("By file, with all that it requires first",
                       "less than #{bytes(@cut)} is left out")
        shown = costly(found).map { |node, depth| [node, "#{"  " * depth}#{short(node)}"] }
        rows(shown, "file", limit)
      end

      def resident_words(found)
        return "not known: this system has no /proc/self/statm" unless found.after

        "#{bytes(found.after)}, of which #{bytes(found.before)} were there before"
      end

      def rows(list, title, most)
        table = Terminal::Table.new(["resident", "objects", "bytes", title], right: 3)
        list.first(most).each do |cost, name|
          table.row(bytes(cost.resident), count(cost.objects), bytes(cost.bytes), name)
        end
        screen.table(table)
        more([most, list.size].min, list.size)
      end

      # Files that add as much as --cut says, and their depth in the tree.
      def costly(found)
        found.each.select { |node, _| (node.resident || node.bytes) >= @cut }
      end

      def short(node)
        place = Snapshot::Places.short(node.file)
        place.delete_prefix("#{@app.directory}/")
      end

      def json_of_requires(found)
        { app: Terminal::Text.valid(@app.name), entry: @app.entry, environment: @app.environment,
          ruby: RUBY_VERSION, boots: @count || 3, resident: found.after, before: found.before,
          objects: found.objects, bytes: found.bytes, gems: found.gems.map(&:to_h),
          requires: costly(found).map { |node, depth| json_of_require(node, depth) } }
      end

      def json_of_require(node, depth)
        own = %i[resident objects bytes].zip(node.own).to_h
        { file: node.file, depth: depth, resident: node.resident,
          objects: node.objects, bytes: node.bytes, own: own }
      end
    end
  end
end
