# frozen_string_literal: true

require_relative "names"
require_relative "quantity"

module HeapDump
  class Watch
    # The options of HeapDump.watch, checked when it is called. What is wrong raises ArgumentError
    # then, and never later.
    class Options # :nodoc:
      DEFAULTS = { to: "/var/tmp/heapdump", name: nil, strings: :hash, every: 10, settle: 300,
                   cooldown: 900, at_most: 6, keep: {}, only: nil, dry: false, limit: nil,
                   logger: nil, master: false }.freeze
      KEEP = { files: 12, bytes: 4 << 30, for: 14 * 86_400 }.freeze
      private_constant :DEFAULTS, :KEEP

      attr_reader :directory, :name, :strings, :every, :settle, :cooldown, :at_most, :keep, :only,
                  :dry, :limit, :logger, :master

      def initialize(given)
        unknown = given.keys - DEFAULTS.keys
        unless unknown.empty?
          raise ArgumentError, "unknown option #{unknown.first}:; HeapDump.watch takes " \
                               "#{DEFAULTS.keys.join(", ")}"
        end
        options = DEFAULTS.merge(given)
        files(options)
        times(options)
        keeping(options[:keep])
        rest(options)
        freeze
      end

      private

      def files(options)
        @directory = directory_of(options[:to])
        @name = options[:name] ? Names.check(options[:name]) : Names.default
        @strings = options[:strings]
        HeapDump.send(:check_options, @name, { strings: @strings })
      end

      def directory_of(given)
        path = File.path(given)
        if path.match?(/\A[a-z][a-z0-9+.-]+:/) || path.empty?
          raise ArgumentError, "to: must be a directory, not #{path.inspect}"
        end

        File.expand_path(path).freeze
      rescue TypeError
        raise ArgumentError, "to: must be a directory, not #{given.inspect}"
      end

      def times(options)
        @every = Quantity.seconds("every:", options[:every], least: 1)
        @settle = Quantity.seconds("settle:", options[:settle])
        @cooldown = Quantity.seconds("cooldown:", options[:cooldown])
        @at_most = options[:at_most] && Quantity.count("at_most:", options[:at_most])
      end

      def keeping(given)
        unless given.is_a?(Hash) && (given.keys - KEEP.keys).empty?
          raise ArgumentError, "keep: must be a Hash with files:, bytes: and for:, " \
                               "not #{given.inspect}"
        end
        keep = KEEP.merge(given)
        @keep = { files: Quantity.count("keep: files:", keep[:files]),
                  bytes: Quantity.bytes("keep: bytes:", keep[:bytes]),
                  for: Quantity.seconds("keep: for:", keep[:for], least: 60) }.freeze
      end

      def rest(options)
        @only = callable("only:", options[:only])
        @limit = limit_of(options[:limit])
        @logger = options[:logger]
        unless @logger.nil? || @logger.respond_to?(:warn)
          raise ArgumentError, "logger: must have a method warn, as a Logger has"
        end

        @dry = options[:dry] ? true : false
        @master = options[:master] ? true : false
      end

      def limit_of(given)
        return Quantity.bytes("limit:", given) if given

        text = ENV.fetch("HEAPDUMP_LIMIT", "")
        Quantity.bytes("HEAPDUMP_LIMIT", text) unless text.empty?
      end

      def callable(name, value)
        return value if value.nil? || value.respond_to?(:call)

        raise ArgumentError, "#{name} must have a method call, as a Proc has, " \
                             "not #{value.inspect}"
      end
    end
  end
end
