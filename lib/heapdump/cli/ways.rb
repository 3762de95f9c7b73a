# frozen_string_literal: true

module HeapDump
  module CLI
    # The methods of dumping another process, in the order in which they are tried.
    class Ways
      CLASSES = { "signal" => Outside::BySignal, "ptrace" => Outside::ByPtrace,
                  "gdb" => Outside::ByGdb }.freeze
      NAMES = CLASSES.keys.freeze

      # All of them for a process: name => way.
      def self.all(target)
        CLASSES.transform_values { |way| way.new(target) }
      end

      # Why ptrace was not used ("ptrace: it ..."), nil where it was, or was not to be.
      attr_reader :fallback
      # The name of the way that is used.
      attr_reader :name

      # +via+ is the name of the only one that may be used, nil for the first that works. A +signal+
      # may be left out.
      def initialize(target, via = nil, signal: true)
        @ways = Ways.all(target)
        @via = via
        @name = via || choice(signal)
      end

      def signal?
        name == "signal"
      end

      # Yields the way that is used, and returns what the block does. Where ptrace turns out to be
      # unable, and has changed nothing, it yields gdb, if that works.
      def try
        yield @ways.fetch(name)
      rescue Outside::Attach::Cannot => e
        raise if @via || !works?("gdb")

        fall_back(e.message)
        retry
      end

      private

      def choice(signal)
        return "signal" if signal && works?("signal")

        failure = @ways.fetch("ptrace").checks.first_failure
        return "ptrace" unless failure && works?("gdb")

        fall_back(failure.message)
        name
      end

      def works?(name)
        @ways.fetch(name).checks.first_failure.nil?
      end

      def fall_back(reason)
        @fallback = "ptrace: #{reason}"
        @name = "gdb"
      end
    end
  end
end
