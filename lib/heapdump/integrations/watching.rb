# frozen_string_literal: true

require_relative "environment"

module HeapDump
  module Integrations
    # A watch whose options come from the environment if they are not given: HEAPDUMP_DIR,
    # HEAPDUMP_TO (an address to which dumps are shipped; not if to: is given), HEAPDUMP_STRINGS
    # (default hash), HEAPDUMP_KEEP (a number of files), HEAPDUMP_MEMORY (marks, as 0.5,0.7 or
    # 900 MiB), HEAPDUMP_AT_MOST, HEAPDUMP_SETTLE (seconds, or 2m), HEAPDUMP_DRY and HEAPDUMP_LIMIT.
    module Watching # :nodoc:
      OFF = /\A(?:0|no|off|false)?\z/i # as lib/heapdump/auto.rb has it
      PREFIX = "HEAPDUMP_"
      NAMES = %w[WATCH DIR TO STRINGS KEEP MEMORY AT_MOST SETTLE DRY LIMIT APP].freeze
      # Of what else heapdump has.
      OTHERS = %w[SIGNAL TOKEN AUTHORIZATION].freeze
      private_constant :OFF, :PREFIX, :NAMES, :OTHERS

      # Whether the environment asks for a watch.
      def self.wanted?
        on?("HEAPDUMP_WATCH")
      end

      # Starts it in this process. It looks for the first time after +wait+ seconds.
      def self.start(options = {}, block = nil, wait: 0)
        tell_mistakes(options[:logger])
        Watch.run(whole(options), rules(block), wait: wait)
      end

      # Raises ArgumentError for what #start would raise it for, and starts nothing.
      def self.check(options, block = nil)
        Watch.new(whole(options), rules(block))
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
        most = Integrations.from_environment("HEAPDUMP_AT_MOST", nil)
        given[:at_most] = number("HEAPDUMP_AT_MOST", most) if most
        settle = Integrations.from_environment("HEAPDUMP_SETTLE", nil)
        given[:settle] = Watch::Quantity.seconds("HEAPDUMP_SETTLE", settle) if settle
        given[:dry] = true if on?("HEAPDUMP_DRY")
        given.merge(options)
      end
      private_class_method :whole

      def self.on?(name)
        !ENV.fetch(name, "").match?(OFF)
      end
      private_class_method :on?

      # Names that are so near to one of a watch that this one was meant.
      def self.tell_mistakes(logger)
        return if @told || !defined?(::DidYouMean::SpellChecker)

        @told = true
        checker = ::DidYouMean::SpellChecker.new(dictionary: NAMES)
        names = ENV.keys.select { |name| name.start_with?(PREFIX) && name.valid_encoding? }
        (names.map { |name| name.delete_prefix(PREFIX) } - NAMES - OTHERS).each do |name|
          meant = checker.correct(name).first or next
          Watch::Voice.new(logger).say("#{PREFIX}#{name} is not known; " \
                                       "did you mean #{PREFIX}#{meant}?")
        end
      end
      private_class_method :tell_mistakes

      def self.number(name, text)
        Integer(text, 10)
      rescue ArgumentError
        raise ArgumentError, "#{name} must be a number, not #{text.inspect}"
      end
      private_class_method :number

      # The marks of the environment are for a block that names no rule, too.
      def self.rules(block)
        text = Integrations.from_environment("HEAPDUMP_MEMORY", nil) or return block
        marks = text.split(",").map(&:strip)
        marks.map! { |mark| mark.match?(/\A[01]?\.\d+\z/) ? mark.to_f : mark }
        lambda do |on|
          block&.call(on)
          on.usual(at: marks) if on.rules.empty?
        end
      end
      private_class_method :rules
    end
  end
end
