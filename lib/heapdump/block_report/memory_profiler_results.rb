# frozen_string_literal: true

module HeapDump
  class BlockReport
    # A report with the methods of MemoryProfiler::Results, for programs that read those: the
    # sixteen <tt>*_by_*</tt> methods and the totals. "Retained" is here what lives at the end,
    # by whatever it is held, as memory_profiler has it. There are no lists of strings, because
    # contents are not noted.
    #
    #   results = report.to_memory_profiler
    #   results.allocated_memory_by_class.first # => {data: "String", count: 31457280}
    class MemoryProfilerResults
      TOP = 50 # rows of a list
      KINDS = { "gem" => :gem, "file" => :file, "location" => :location,
                "class" => :class }.freeze
      METRICS = { "memory" => :bytes, "objects" => :objects }.freeze
      private_constant :TOP, :KINDS, :METRICS

      # How many rows a list has (Integer).
      attr_reader :top

      def initialize(report, top: TOP) # :nodoc:
        @sums = { "allocated" => report.allocated, "retained" => report.alive }.freeze
        @report = report
        @top = top
      end

      %w[allocated retained].each do |type|
        METRICS.each do |metric, figure|
          KINDS.each do |name, by|
            define_method("#{type}_#{metric}_by_#{name}") { rows(type, figure, by) }
          end
        end
      end

      # How many objects were allocated, and how many of them live at the end (Integer).
      def total_allocated
        @sums["allocated"].objects
      end

      def total_retained
        @sums["retained"].objects
      end

      # Their sizes in bytes (Integer).
      def total_allocated_memsize
        @sums["allocated"].bytes
      end

      def total_retained_memsize
        @sums["retained"].bytes
      end

      # Empty: contents are not noted.
      def strings_allocated
        []
      end

      def strings_retained
        []
      end

      # Prints the report to an IO, or to the file +to_file+. Other options make no difference.
      def pretty_print(io = $stdout, to_file: nil, **)
        return io.pp_object(self) if defined?(PP) && io.is_a?(PP)
        return File.open(to_file, "w") { |file| @report.puts(:all, file) } if to_file

        @report.puts(:all, io)
      end

      def inspect # :nodoc:
        "#<#{self.class} #{total_allocated} allocated, #{total_retained} retained>"
      end

      private

      def rows(type, figure, by)
        rows = @sums.fetch(type).by(by).map { |row| { data: row.key, count: row[figure] } }
        rows.reject! { |row| row[:count].zero? }
        rows.sort_by { |row| [-row[:count], row[:data]] }.first(top)
      end
    end
  end
end
