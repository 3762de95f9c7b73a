# frozen_string_literal: true

module HeapDump
  module Fleet
    # Classes by what becomes of them: how many processes have them as a leak, filling up (slow
    # dynamic), or going up and down (fast dynamic). What stays the same is not listed.
    class Classes < Question
      # class_name:: the class
      # leak, slow, fast:: in how many processes
      # objects, bytes:: in their last dumps, together
      # bytes_per_hour:: how fast it grows in all of them together (Float)
      Row = Struct.new(:class_name, :leak, :slow, :fast, :objects, :bytes, :bytes_per_hour,
                       keyword_init: true)
      VERDICTS = %i[leak slow fast].freeze
      private_constant :VERDICTS

      def rows
        @rows ||= groups.map { |name, found| row(name, found) }
                        .sort_by { |row| [-row.leak, -row.bytes_per_hour, row.class_name] }
      end

      private

      def groups
        select("name, verdict, count(*) AS processes, sum(last_objects) AS objects, " \
               "sum(last_bytes) AS bytes, sum(bytes_per_hour) AS pace", :verdict,
               where(["kind = 'class'"], at: "to_at", app: "app", revision: "revision"),
               "GROUP BY name, verdict").group_by { |row| row[:name] }
      end

      def row(name, found)
        counts = VERDICTS.to_h do |verdict|
          [verdict, found.find { |row| row[:verdict] == verdict.to_s }&.fetch(:processes) || 0]
        end
        Row.new(class_name: name, **counts, objects: found.sum { |row| row[:objects].to_i },
                bytes: found.sum { |row| row[:bytes].to_i },
                bytes_per_hour: found.sum { |row| row[:pace].to_f })
      end
    end
  end
end
