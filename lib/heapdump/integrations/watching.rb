# frozen_string_literal: true

require_relative "environment"

module HeapDump
  module Integrations
    # A watch whose options come from the environment if they are not given: HEAPDUMP_DIR,
    # HEAPDUMP_TO (an address to which dumps are shipped; not if to: is given), HEAPDUMP_STRINGS
    # (default hash), HEAPDUMP_KEEP (a number of files), HEAPDUMP_MEMORY (marks, as 0.5,0.7 or
    # 900 MiB) and HEAPDUMP_LIMIT.
    module Watching # :nodoc:
      # Whether the environment asks for a watch.
      def self.wanted?
        !["", "0"].include?(ENV.fetch("HEAPDUMP_WATCH", ""))
      end

      # Starts it in this process. It looks for the first time after +wait+ seconds.
      def self.start(options = {}, block = nil, wait: 0)
        Watch.run(whole(options), block || rules, wait: wait)
      end

      # Raises ArgumentError for what #start would raise it for, and starts nothing.
      def self.check(options, block = nil)
        Watch.new(whole(options), block || rules)
      end

      # Ends the watch of this process, if it has one.
      def self.close
        Watch.current&.close
      end

      def self.whole(options)
        directory = Integrations.from_environment("HEAPDUMP_DIR", nil)
        files = Integrations.from_environment("HEAPDUMP_KEEP", nil)
        given = { strings: Integrations.strings("hash") }
        given[:to] = directory if directory
        address = Integrations.from_environment("HEAPDUMP_TO", nil)
        given[:to] = [directory || Watch::Options::DIRECTORY, address] if address
        given[:keep] = { files: number("HEAPDUMP_KEEP", files) } if files
        given.merge(options)
      end
      private_class_method :whole

      def self.number(name, text)
        Integer(text, 10)
      rescue ArgumentError
        raise ArgumentError, "#{name} must be a number, not #{text.inspect}"
      end
      private_class_method :number

      def self.rules
        text = Integrations.from_environment("HEAPDUMP_MEMORY", nil)
        return :usual.to_proc unless text

        marks = text.split(",").map(&:strip)
        marks.map! { |mark| mark.match?(/\A[01]?\.\d+\z/) ? mark.to_f : mark }
        lambda do |on|
          on.memory(at: marks)
          on.growth
          on.ask(file: true)
        end
      end
      private_class_method :rules
    end
  end
end
