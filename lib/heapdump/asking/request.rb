# frozen_string_literal: true

require "json"
require_relative "../watch"
require_relative "../terminal/text"
require_relative "../terminal/json"

module HeapDump
  module Asking
    # What somebody asks for, as it goes over a bus (in JSON).
    #
    # id::      names it
    # made::    when it was made, and +until+ when nobody begins with it any more (seconds since
    #           1970)
    # app::     a pattern (File.fnmatch) of the program's name, as +role+ and +host+; and +pid+. nil
    #           is any
    # count::   how many processes
    # dumps::   how many of each, +every+ so many seconds
    # strings:: how much of the contents of strings; nil: as the watch has it
    # trace::   seconds for which allocations are traced before the first dump; nil: not at all
    # payload:: a text for manifests and hooks
    class Request # :nodoc:
      VERSION = 1
      NAMES = %i[id made until app role host pid count dumps every strings trace payload].freeze
      PATTERNS = %i[app role host].freeze
      ID = /\A[0-9a-z]{6,32}\z/
      STRINGS = /\A(?:full|none|hash|\d{1,9})\z/
      DEFAULTS = { count: 1, dumps: 1, every: "10m", until: "1h" }.freeze
      RANGES = { count: 1..100, dumps: 1..20, every: 1..604_800, trace: 1..3600,
                 pid: 1..(1 << 31) }.freeze
      MOST = 1000 # characters of a text
      SLACK = 300 # seconds by which tracing ends later than the last dump is due
      private_constant :VERSION, :PATTERNS, :ID, :STRINGS, :DEFAULTS, :RANGES, :MOST, :SLACK

      attr_reader(*NAMES)

      class << self
        # A new request. +given+ are its fields, spans as "10m" allowed, +until+ as a span from now.
        # Raises ArgumentError.
        def make(now: Time.now, **given)
          fields = DEFAULTS.merge(given.compact)
          %i[every trace until].each do |name|
            fields[name] &&= Watch::Quantity.seconds("#{name}:", fields[name], least: 1).ceil
          end
          fields.update(id: "#{now.to_i.to_s(36)}#{Asking.chance(3)}", made: now.to_i,
                        until: now.to_i + fields[:until])
          new(fields)
        end

        # A request from a text of a bus; nil if it is damaged, or of a newer version.
        def read(text)
          fields = JSON.parse(text)
          return unless fields.is_a?(Hash) && fields["version"] == VERSION

          new(NAMES.to_h { |name| [name, fields[name.to_s]] })
        rescue JSON::ParserError, ArgumentError, EncodingError
          nil
        end

        def id?(text)
          text.is_a?(String) && text.b.match?(ID)
        end
      end

      def initialize(fields)
        NAMES.each { |name| instance_variable_set(:"@#{name}", fields[name]) }
        wrong("id", @id) unless Request.id?(@id)
        [["made", @made], ["until", @until]].each { |pair| wrong(*pair) unless time?(pair.last) }
        check_numbers
        check_texts
        freeze
      end

      # ASCII alone, which every database can store.
      def to_json(*)
        Terminal::Json.ascii(version: VERSION, **to_h)
      end

      def to_h
        NAMES.to_h { |name| [name, public_send(name)] }.compact
      end

      # Whether a process may still begin with it.
      def open?(now)
        now.to_i <= @until
      end

      # When the last dump is due at the latest, with some patience.
      def end
        @until + lasts
      end

      # Seconds after which a process is through with it, and tracing ends whatever happens.
      def lasts
        @trace.to_i + (@every * (@dumps - 1)) + SLACK
      end

      # Whether it is meant for a process (Who).
      def for?(who)
        return false unless @pid.nil? || @pid == who.pid

        PATTERNS.all? do |name|
          pattern = public_send(name)
          pattern.nil? || File.fnmatch?(pattern, who[name].to_s)
        end
      end

      private

      def wrong(name, value)
        said = value.is_a?(String) ? Terminal::Text.quote(value) : value.inspect
        raise ArgumentError, "#{name}: cannot be #{said}"
      end

      def time?(value)
        value.is_a?(Integer) && value.between?(0, 1 << 40)
      end

      def check_numbers
        RANGES.each do |name, range|
          value = public_send(name)
          next if value.nil? && %i[trace pid].include?(name)
          next if value.is_a?(Integer) && range.cover?(value)

          raise ArgumentError, "#{name}: must be a whole number from #{range.min} to " \
                               "#{range.max}, not #{value.inspect}"
        end
      end

      def check_texts
        unless @strings.nil? || text?(@strings, STRINGS)
          raise ArgumentError, "strings: must be none, hash, full or a number of bytes, not " \
                               "#{@strings.inspect}"
        end
        [*PATTERNS, :payload].each do |name|
          value = public_send(name)
          next if value.nil? || text?(value, /\A[^\0]*\z/)

          raise ArgumentError, "#{name}: must be a text in UTF-8 of at most #{MOST} characters"
        end
      end

      def text?(value, pattern)
        value.is_a?(String) && value.size <= MOST && value.encode(Encoding::UTF_8).match?(pattern)
      rescue ArgumentError, EncodingError
        false # it is no text
      end
    end
  end
end
