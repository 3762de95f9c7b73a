# frozen_string_literal: true

module HeapDump
  class Leaks
    # What the new objects of a leak have in common and their numbers do not show: that each of them
    # keeps a large buffer of which it uses little.
    #
    #   Remarks.of(tokens) # => ["each of 60 B shares the buffer of a String of 976.6 KiB"]
    module Remarks
      class << self
        # +nodes+:: some of the new objects (Array of Node)
        def of(nodes)
          [shared(nodes), spare(nodes), former(nodes)].compact
        end

        private

        # Slices of large strings or arrays.
        def shared(nodes)
          found = nodes.filter_map { |node| Snapshot::Shared.of(node) }
                       .select(&:much?)
          return if found.empty? || found.size < Rules::MOST * nodes.size

          one = found.max_by { |each| each.root.memsize }
          used = one.used && " of #{one.used_words}"
          held = also_held(one)
          return "each#{used} shares #{one.words}#{held}" if own?(found)

          "they share #{one.words}#{", each#{used}" if used}#{held}"
        end

        # To free the slices does not free a buffer that something else holds.
        def also_held(one)
          other = one.other_holder
          "; #{Snapshot::Describe.title(other)} holds that buffer (#{one.root}), too" if other
        end

        # Whether most have a buffer that no other has.
        def own?(found)
          found.map { |one| one.root.id }.uniq.size > Rules::MOST * found.size
        end

        # Strings with more room than they need.
        def spare(nodes)
          found = nodes.select { |node| spare?(node) }
          return if found.empty? || found.size < Rules::MOST * nodes.size

          one = found.max_by(&:memsize)
          "each has room for #{bytes(one.memsize)} and uses #{bytes(one.brief["bytesize"])} of it"
        end

        def spare?(node)
          used = node.type == "STRING" && node.field("bytesize", Integer)
          used && node.memsize >= (Rules::SPARE_TIMES * used) + Rules::SPARE_BYTES
        end

        # Classes that were loaded again, by their names.
        def former(nodes)
          names = nodes.select(&:former?).map(&:name).tally
          return if names.size < 2

          told = names.sort_by { |name, number| [-number, name] }.first(3)
                      .map { |name, number| "#{name} (#{number} of #{nodes.size})" }
          "classes that are no longer the constants of their names: #{told.join(", ")}"
        end

        def bytes(number)
          Terminal::Units.bytes(number)
        end
      end
    end
  end
end
