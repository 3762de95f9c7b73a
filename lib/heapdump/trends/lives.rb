# frozen_string_literal: true

module HeapDump
  class Trends
    # Which dumps are of one life of a process.
    module Lives # :nodoc:
      FIELDS = %i[host pid start series app revision ruby platform].freeze
      NO_NAME = "the dumps do not name their process: those in one directory whose names differ " \
                "in digits alone are taken for one process"
      private_constant :FIELDS, :NO_NAME

      module_function

      # +dumps+ is an Array of Dump. Returns an Array of Life.
      def of(dumps)
        lives = dumps.group_by { |dump| key(dump) }.values.flat_map { |group| split(group) }
        again(lives)
        lives
      end

      class << self
        private

        # Servers write into their names what they do at the moment, so only the first word counts.
        def key(dump)
          known = dump.identity
          return [*known.values_at(*FIELDS), known[:program].to_s[/\S+/]] if known[:pid]

          path = File.expand_path(dump.path.delete_suffix(DumpFiles::EXTRACT))
          [File.dirname(path), File.basename(path).b.gsub(/\d+/, "#"), known[:ruby]]
        end

        def split(group)
          Order.of(same_once(group)).map do |dumps, warnings|
            known = dumps.first.identity
            Life.new(known, dumps, [*(NO_NAME unless known[:pid]), *warnings, *missing(dumps)])
          end
        end

        # A dump and its copy are one dump.
        def same_once(group)
          group.uniq { |dump| [dump.time, dump.objects, dump.held_bytes, dump.allocated] }
        end

        # The numbers in the names of the files that are missing: it is the number of a dump if all
        # else is the same but times.
        def missing(dumps)
          numbers = numbers(dumps) or return []

          dumps.each_cons(2).zip(numbers.each_cons(2)).filter_map do |pair, (from, to)|
            next if to == from + 1

            gone = "dump number #{from + 1} is" if to == from + 2
            gone ||= "dumps #{from + 1} to #{to - 1} are"
            between = pair.map { |dump| Terminal::Text.valid(File.basename(dump.path)) }
            "#{gone} missing, between #{between.join(" and ")}"
          end
        end

        TIMES = /\d{8}T\d+(?:\.\d+)?Z?|\d{9,}/
        private_constant :TIMES

        def numbers(dumps)
          names = dumps.map { |dump| File.basename(dump.path).b.gsub(TIMES, "") }
          return if names.uniq { |name| name.gsub(/\d+/, "#") }.size > 1

          columns = names.map { |name| name.scan(/\d+/).map(&:to_i) }.transpose
          counted = columns.select { |column| column.uniq.size > 1 }
          return unless counted.size == 1 && counted.first.each_cons(2).all? { |a, b| b > a }

          counted.first
        end

        # A number of a process is used again after it has ended.
        def again(lives)
          lives.group_by { |life| life.identity.values_at(:host, :pid) }.each do |(_, pid), same|
            next if pid.nil? || same.size < 2

            same.each do |life|
              life.warnings << "#{same.size} processes had the number #{pid}: their dumps are " \
                               "not compared with each other"
            end
          end
        end
      end
    end
    private_constant :Lives
  end
end
