# frozen_string_literal: true

module HeapDump
  class Leaks
    # Dumps in the order in which they were taken, and whether they can be compared.
    class Series
      TIMES = { 2 => "twice", 3 => "three times" }.freeze
      private_constant :TIMES

      # The oldest first (Array of Snapshot).
      attr_reader :snapshots
      # What is wrong with the dumps as a series (Array of String): #faults, and what was corrected.
      attr_reader :warnings
      # Why these dumps cannot be judged (Array of String).
      attr_reader :faults

      # +dumps+ are Snapshots, paths or directories. In a directory the dumps have no order that
      # anybody has given: copies of compressed ones have been written in another.
      def initialize(dumps)
        named = dumps
        dumps = Snapshot::Directory.expand(named)
        raise ArgumentError, too_few(dumps) if dumps.size < 2

        given = dumps.map { |dump| dump.is_a?(Snapshot) ? dump : Snapshot.open(dump) }
        @snapshots = in_order(given).freeze
        @faults = [*strangers, *whole_faults, *held_faults]
        @warnings = [*(order_warning(given) if dumps == named), *@faults,
                     *Snapshot::Directory.left_out(named)]
      end

      def size
        snapshots.size
      end

      def last
        snapshots.last
      end

      # Whether the dumps are whole, of one process as far as they show it, and each taken later
      # than the one before.
      def sound?
        faults.empty?
      end

      # What --strict demands besides (Array of String): a header and a footer in each dump, and one
      # process that all headers name. A dump of ObjectSpace.dump_all has neither header nor footer.
      def strict_faults
        @strict_faults ||= snapshots.flat_map do |snapshot|
          missing = %i[header footer].reject { |line| snapshot.tally[:"has_#{line}"] }
          missing.map { |line| "#{snapshot.path} has no #{line}" } + nameless_process(snapshot)
        end
      end

      # What says that these are not dumps of one process, or that one is there twice (Array of
      # String).
      def strangers
        [*identity_faults, *process_faults]
      end

      # Whether a dump is there in two copies, one or both of them damaged. What a damaged one lacks
      # has not grown.
      def torn?
        snapshots.each_cons(2).any? { |pair| same?(*pair) && !pair.all?(&:whole) }
      end

      # How many objects were allocated in each step, nil if the headers do not say it.
      def allocations
        figures("total_allocated_objects")&.each_cons(2)&.map { |before, after| after - before }
      end

      private

      def too_few(dumps)
        names = dumps.map { |dump| dump.is_a?(Snapshot) ? dump.path : dump }
        given = names.empty? ? "there is none" : "#{names.first} is one"
        "give two dumps of one process or more, or a directory of them: #{given}"
      end

      def figures(name)
        all = snapshots.map { |snapshot| Hash.try_convert(snapshot.header["gc"])&.[](name) }
        all if all.all?(Integer)
      end

      def in_order(given)
        times = given.map { |snapshot| snapshot.header["time"] }
        return given unless times.all?(String)

        given.sort_by.with_index { |snapshot, index| [snapshot.header["time"], index] }
      end

      def order_warning(given)
        return if given.map(&:object_id) == snapshots.map(&:object_id)

        "the dumps were not given in the order in which they were taken; " \
          "they are compared in that order: #{snapshots.map(&:path).join(", ")}"
      end

      def identity_faults
        snapshots.chunk_while { |before, after| same?(before, after) }.flat_map do |alike|
          times = alike.map(&:path).tally
          [*given_again(times), *same_as(*times.keys)].map do |words|
            "#{words}: nothing can have grown between them"
          end
        end
      end

      def given_again(times)
        times.reject { |_, number| number == 1 }.map do |path, number|
          "#{path} was given #{TIMES.fetch(number) { "#{Terminal::Units.count(number)} times" }}"
        end
      end

      def same_as(first, *others)
        others.map { |path| "#{path} is the same dump as #{first}" }
      end

      def same?(before, after)
        return true if before.path == after.path && before.path != "-"

        times = [before, after].map { |snapshot| snapshot.header.values_at("time", "pid") }
        times.first.first && times.uniq.size == 1
      end

      def process_faults
        different("pid", "processes") || different("host", "hosts") ||
          different("program", "programs") || different("ruby", "Rubies") || restart
      end

      def nameless_process(snapshot)
        return [] if !snapshot.tally[:has_header] || snapshot.header["pid"].is_a?(Integer)

        ["the header of #{snapshot.path} does not name the process"]
      end

      # Whether a field of the headers differs. Servers write into their program name what they do
      # at the moment ("sidekiq 7.3.9 app [2 of 5 busy]"), so only its first word is compared.
      def different(field, words)
        values = snapshots.map { |snapshot| snapshot.header[field] }.uniq
        return if values.size == 1
        return if field == "program" && values.uniq { |name| name.to_s[/\S+/] }.size == 1

        values = values.map { |value| Terminal::Text.safe(value || "unknown") }
        ["the dumps are of different #{words} (#{values.join(", ")}): what differs between them " \
         "need not have grown"]
      end

      # Whether the process was restarted: within one process these numbers never fall.
      def restart
        %w[count total_allocated_objects].each do |name|
          all = figures(name)
          next unless all&.each_cons(2)&.any? { |before, after| after < before }

          return ["the dumps have the same pid but not the same process (gc.#{name} has fallen): " \
                  "what differs between them need not have grown"]
        end
        nil
      end

      def whole_faults
        snapshots.flat_map do |snapshot|
          snapshot.warnings.map { |text| "#{snapshot.path}: #{text}" }
        end
      end

      # Growth is found among held objects. In a dump that has none of them nothing ever grows.
      def held_faults
        snapshots.filter_map do |snapshot|
          if snapshot.objects.zero? then "#{snapshot.path} has no objects"
          elsif !roots?(snapshot)
            "#{snapshot.path} has no ROOT lines, so it does not say what is held; " \
              "take dumps of the whole heap"
          end
        end + different_capabilities
      end

      # Whether there are roots. In the numbering the roots come after the objects, and last the
      # virtual root that holds them.
      def roots?(snapshot)
        snapshot.graph.nodes > snapshot.objects + 1
      end

      def different_capabilities
        told = snapshots.map { |snapshot| snapshot.header["capabilities"] }.uniq
        return [] if told.size == 1

        ["the dumps do not name the same references (their capabilities differ): " \
         "one path may look like several"]
      end
    end
  end
end
