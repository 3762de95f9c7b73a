# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a bus is:
    #
    #   file:/shared/directory                 or the directory alone
    #   socket:/shared/directory               the same, and processes look at once
    #   postgres://user:password@host/database
    #   sidekiq:redis://:password@host/0       sidekiq: alone is that of REDIS_URL
    #
    # Credentials are in no message, and not in #to_s.
    class Address # :nodoc:
      KINDS = "file:/DIRECTORY, socket:/DIRECTORY, postgres://USER:PASSWORD@HOST/DATABASE or " \
              "sidekiq:REDIS_URL"
      FILE = %r{\A(?:file:(?://)?)?(?<path>/[^\0]+)\z}
      SOCKET = %r{\Asocket:(?://)?(?<path>/[^\0]+)\z}
      LONGEST = 80 # bytes of that path; the system allows no longer names of sockets
      # Exactly as libpq reads it, which would quote a part of a password that it takes for another
      # thing, or look that up as a host.
      POSTGRES = %r{\Apostgres(?:ql)?://(?:(?<user>(?:[^@/%]|%(?!00)\h\h)*)@)?(?<hosts>[^/?@]*)
                    (?:/(?<name>(?:[^?@%]|%(?!00)\h\h)*))?
                    (?:\?(?<more>(?:(?:&|(?<=\?))\w+=(?:[^&=%]|%(?!00)\h\h)*)*))?\z}x
      SIDEKIQ = %r{\Asidekiq:(?:(?<scheme>rediss?|unix)://(?:(?<user>.*)@)?(?<rest>[\w.:/%\[\]-]*)
                   (?:\?(?<more>.*))?)?\z}x
      HOST = /\A(?:\[[\h:.%]+\]|[\w.%-]*)(?::\d+)?\z/
      ENCODED = " (@, / and % in a password are written %40, %2F and %25)"
      KNOWN = %w[file socket postgres postgresql sidekiq].freeze
      private_constant :KINDS, :FILE, :SOCKET, :LONGEST, :POSTGRES, :SIDEKIQ, :HOST, :ENCODED,
                       :KNOWN

      # Raises ArgumentError for what it does not understand. +name+ is that of the option.
      def self.parse(text, name = "ask:")
        (understand(text) if text.is_a?(String)) or
          raise ArgumentError, "#{name} must be #{KINDS}, not #{said(text)}"
      end

      def self.understand(text)
        case text
        when FILE then directory(:file, Regexp.last_match[:path])
        when SOCKET then directory(:socket, Regexp.last_match[:path])
        when POSTGRES then postgres(text, Regexp.last_match)
        when SIDEKIQ then sidekiq(text, Regexp.last_match)
        end
      end

      # What was given, without what may be secret.
      def self.said(text)
        return text.class.to_s unless text.is_a?(String)

        kind = text[/\A[a-z][a-z\d]*(?=:)/]
        return "a text that begins with none of them" unless kind

        KNOWN.include?(kind) ? "#{kind}:…, which #{wrong(text)}" : kind.inspect
      end

      def self.wrong(text)
        case text
        when %r{\A(?:file|socket):(?!/)} then "has no path from / on"
        when /\Asocket:/ then "has a path of more than #{LONGEST} bytes"
        when /\Apostgres/ then "is malformed#{ENCODED}"
        else "is malformed"
        end
      end

      def self.directory(kind, path)
        path = File.expand_path(path)
        return if kind == :socket && path.bytesize > LONGEST

        new(kind, "#{kind}:#{path}", path)
      end

      def self.postgres(text, parts)
        return unless parts[:hosts].split(",").all? { |host| host.match?(HOST) }

        secret = parts[:user].to_s.include?(":") || parts[:more].to_s.include?("password")
        new(:postgres, "postgres://#{parts[:hosts]}/#{parts[:name]}", text, secret: secret)
      end

      def self.sidekiq(text, parts)
        secret = !parts[:user].to_s.empty? || parts[:more].to_s.include?("password")
        name = parts[:scheme] ? "sidekiq:#{parts[:scheme]}://#{parts[:rest]}" : "sidekiq:"
        new(:sidekiq, name, text.delete_prefix("sidekiq:"), secret: secret)
      end
      private_class_method :understand, :said, :wrong, :directory, :postgres, :sidekiq

      # What a bus has in common with others whose requests are the same.
      attr_reader :place

      def initialize(kind, name, place, secret: false)
        @kind = kind
        @name = name
        @place = place
        @secret = secret
      end

      # Raises LoadError, with the line for the Gemfile, if a library is missing.
      def check
        PostgresBus.load if far?
      end

      # Loads all that a request will need, but for the libraries of others (#check): nobody forks
      # meanwhile, and later it may be gone.
      def load
        return if sidekiq? # only a signal comes

        %w[who request part progress desk tracing file_bus].each { |file| require_relative file }
        require_relative "socket_bus" if @kind == :socket
        %w[courier postgres_bus].each { |file| require_relative file } if far?
      end

      # Whether processes are asked by a signal that Sidekiq sends.
      def sidekiq?
        @kind == :sidekiq
      end

      # Sends these signals.
      def signals
        url = @place.empty? ? ENV.fetch("REDIS_URL", "redis://localhost:6379/0") : @place
        SidekiqSignals.new(url, @name)
      end

      # The bus, not connected yet.
      def bus
        case @kind
        when :postgres then PostgresBus.new(@place, @name)
        when :socket then SocketBus.new(@place)
        else FileBus.new(@place)
        end
      end

      # Whether only a thread of its own may wait for it.
      def far?
        @kind == :postgres
      end

      # Whether it tells processes when there is something to read.
      def rings?
        @kind != :file
      end

      # Whether it has a password, which must not be in the arguments of a command.
      def secret?
        @secret
      end

      # Without credentials.
      def to_s
        @name
      end
      alias inspect to_s # Ruby puts it into messages of errors
    end
  end
end
