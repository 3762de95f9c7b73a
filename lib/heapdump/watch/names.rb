# frozen_string_literal: true

module HeapDump
  class Watch
    # The names of files: of the directory of a series, and of the dumps in it.
    class Names # :nodoc:
      PATTERNS = %w[%{app} %{host} %{pid} %{series} %{count} %{time} %{unixtime}].freeze
      DEFAULT = "%{app}-%{host}-%{pid}-%{series}-%{count}-%{time}.json"

      # One of these must be in the name: else a dump would replace the one before it.
      UNIQUE = %w[%{count} %{time} %{unixtime}].freeze
      # What must not be in a name that is made of others.
      STRANGE = /[^\w.-]/
      private_constant :UNIQUE, :STRANGE

      # The default, with the ending of the best compression that this machine has. zstd may be
      # missing in a slim image, and nobody wants to learn that when a dump is due.
      def self.default
        "#{DEFAULT}#{Compression.best}"
      end

      # Raises ArgumentError if +pattern+ names no file of a directory.
      def self.check(pattern)
        unless pattern.is_a?(String) && !pattern.empty? && !pattern.match?(%r{[/\0]}) &&
               !pattern.start_with?(".")
          raise ArgumentError, "name: must be the name of a file, without its directory, " \
                               "not #{pattern.inspect}"
        end
        found = pattern.scan(/%\{[^}]*\}?/)
        if (unknown = (found - PATTERNS).first)
          raise ArgumentError, "name: has an unknown pattern #{Terminal::Text.safe(unknown)}; " \
                               "there are #{PATTERNS.join(" ")}"
        end
        return pattern if found.intersect?(UNIQUE)

        raise ArgumentError, "name: must have one of #{UNIQUE.join(" ")}, or a dump replaces " \
                             "the one before it"
      end

      # What the program calls itself: the first word of its name, without its directory.
      def self.app
        given = ENV.fetch("HEAPDUMP_APP", "").scrub
        given = File.basename($PROGRAM_NAME.to_s.scrub.split(/[\s:]/).first.to_s) if given.empty?
        name = given.gsub(STRANGE, "_").delete_prefix("-")
        name.empty? ? "ruby" : name[0, 64]
      end

      attr_reader :app, :host, :pid, :series

      # +time+ (Time) tells the lives of processes with the same number apart.
      def initialize(pattern, machine)
        @pattern = pattern
        @app = Names.app
        @host = machine.host
        @pid = machine.pid
        @series = (machine.time.to_r * 1000).to_i.to_s(36)
      end

      # Of the directory with the dumps of this process (String).
      def directory
        "series-#{@host}-#{@pid}-#{@series}"
      end

      # Of the dump number +count+, made at +time+ (String).
      def dump(count, time)
        values = { "%{app}" => @app, "%{host}" => @host, "%{pid}" => @pid, "%{series}" => @series,
                   "%{count}" => count, "%{unixtime}" => time.to_i,
                   "%{time}" => time.utc.strftime("%Y%m%dT%H%M%S.%LZ") }
        @pattern.gsub(/%\{\w+\}/) { |pattern| values.fetch(pattern).to_s }
      end
    end
  end
end
