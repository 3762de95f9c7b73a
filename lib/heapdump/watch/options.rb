# frozen_string_literal: true

require_relative "names"
require_relative "quantity"

module HeapDump
  class Watch
    # The options of HeapDump.watch, checked when it is called. What is wrong raises ArgumentError
    # then, and never later.
    class Options # :nodoc:
      DIRECTORY = "/var/tmp/heapdump"
      DEFAULTS = { to: DIRECTORY, name: nil, strings: :hash, every: 10, settle: 300,
                   cooldown: 900, at_most: 9, keep: {}, only: nil, dry: false, limit: nil,
                   logger: nil, master: false, ask: nil }.freeze
      KEEP = { files: 12, bytes: 4 << 30, for: 14 * 86_400 }.freeze
      ADDRESS = /\A[a-z][a-z0-9+.-]+:/
      private_constant :DEFAULTS, :KEEP, :ADDRESS

      # +address+: where the dumps are shipped to (String), nil if they stay. It may be secret.
      attr_reader :directory, :address, :name, :strings, :every, :settle, :cooldown, :at_most,
                  :keep, :only, :dry, :limit, :logger, :master, :ask

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

      # Whether the dumps are brought to another place.
      def ships?
        !@address.nil? && !@dry
      end

      private

      def files(options)
        directory, address = places(options[:to])
        @directory = directory_of(directory)
        @address = Ship::Address.check(address, @directory).freeze if address
        @name = options[:name] ? Compression.name(Names.check(options[:name])) : Names.default
        @strings = options[:strings]
        HeapDump.send(:check_options, @name, { strings: @strings })
      end

      # [directory, address]. An address alone has a scheme, behind a directory it may be a path.
      def places(given)
        return [DIRECTORY, given] if address?(given)
        return [given, nil] unless given.is_a?(Array)
        return given if given.size.between?(1, 2) && (given[1].nil? || given[1].is_a?(String))

        raise ArgumentError, "to: must be a directory, an address, or [directory, address]"
      end

      def address?(given)
        given.is_a?(String) && given.match?(ADDRESS)
      end

      # An address may be secret, and is not repeated.
      def directory_of(given)
        path = File.path(given)
        return File.expand_path(path).freeze unless address?(path) || path.empty?

        raise ArgumentError, "to: must name a directory before an address"
      rescue TypeError
        raise ArgumentError, "to: must be a directory or an address, not #{given.inspect}"
      end

      def times(options)
        @every = Quantity.seconds("every:", options[:every], least: 1)
        @settle = Quantity.seconds("settle:", options[:settle])
        @cooldown = Quantity.seconds("cooldown:", options[:cooldown])
        @at_most = options[:at_most] && Quantity.count("at_most:", options[:at_most])
      end

      def keeping(given)
        unless given.is_a?(Hash)
          raise ArgumentError, "keep: must be a Hash with files:, bytes: and for:, " \
                               "not #{given.inspect}"
        end
        unknown = (given.keys - KEEP.keys).first
        raise ArgumentError, "keep: takes files:, bytes: and for:, not #{unknown}:" if unknown

        keep = KEEP.merge(given)
        @keep = { files: Quantity.count("keep: files:", keep[:files]),
                  bytes: Quantity.bytes("keep: bytes:", keep[:bytes]),
                  for: Quantity.seconds("keep: for:", keep[:for], least: 60) }.freeze
      end

      def rest(options)
        @only = callable("only:", options[:only])
        @limit = limit_of(options[:limit])
        @ask = buses(options[:ask])
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

      # Addresses of buses, of the option or the environment.
      def buses(given)
        return Array(given).map { |text| Asking::Address.parse(text) } unless given.nil?

        text = ENV.fetch("HEAPDUMP_ASK", "")
        text.empty? ? [] : [Asking::Address.parse(text, "HEAPDUMP_ASK")]
      end

      def callable(name, value)
        return value if value.nil? || value.respond_to?(:call)

        raise ArgumentError, "#{name} must have a method call, as a Proc has, " \
                             "not #{value.inspect}"
      end
    end
  end
end
