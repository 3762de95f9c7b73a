# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a bus is: <tt>file:/shared/directory</tt>, or the directory alone;
    # <tt>postgres://user:password@host/database</tt>;
    # <tt>sidekiq:redis://:password@host/0</tt>, or <tt>sidekiq:</tt> with REDIS_URL. Raises ArgumentError for what it does not
    # understand. Credentials are in no message, and not in #to_s.
    class Address # :nodoc:
      KINDS = "file:/DIRECTORY, postgres://USER:PASSWORD@HOST/DATABASE or sidekiq:REDIS_URL"
      FILE = %r{\A(?:file:(?://)?)?(/[^\0]+)\z}
      POSTGRES = %r{\Apostgres(?:ql)?://(?:(?<user>.*)@)?(?<hosts>[^/?@]*)(?:/(?<name>[^?@]*))?
                    (?:\?(?<more>.*))?\z}x
      REDIS = %r{\Asidekiq:(?:(?<scheme>rediss?|unix)://(?:(?<user>.*)@)?(?<rest>[\w.:/%\[\]-]*)
                 (?:\?(?<more>.*))?)?\z}x
      HOST = /\A(?:\[[\h:.%]+\]|[\w.%-]*)(?::\d+)?\z/
      private_constant :KINDS, :FILE, :POSTGRES, :REDIS, :HOST

      # +name+ is that of the option for messages.
      def self.parse(text, name = "ask:")
        path = text[FILE, 1] if text.is_a?(String)
        return new(:file, "file:#{File.expand_path(path)}", File.expand_path(path)) if path

        kind = text.is_a?(String) ? text[/\A[a-z]+(?=:)/] : text.class
        database = text.match(POSTGRES) if database_kind?(kind)
        return postgres(text, database) if database && sound?(database)

        queue = text.match(REDIS) if kind == "sidekiq"
        return sidekiq(text, queue) if queue

        kind = database_kind?(kind) || kind == "sidekiq" ? "#{kind}:…, which is malformed" : kind.inspect
        raise ArgumentError, "#{name} must be #{KINDS}, not #{kind}"
      end

      def self.database_kind?(kind)
        %w[postgres postgresql].include?(kind)
      end

      def self.sound?(database)
        database[:hosts].split(",").all? { |host| host.match?(HOST) }
      end

      def self.postgres(text, database)
        secret = database[:user].to_s.include?(":") || database[:more].to_s.include?("password")
        new(:postgres, "postgres://#{database[:hosts]}/#{database[:name]}", text, secret: secret)
      end

      def self.sidekiq(text, queue)
        secret = !queue[:user].to_s.empty? || queue[:more].to_s.include?("password")
        name = queue[:scheme] ? "sidekiq:#{queue[:scheme]}://#{queue[:rest]}" : "sidekiq:"
        url = text.delete_prefix("sidekiq:")
        new(:sidekiq, name, url.empty? ? nil : url, secret: secret)
      end
      private_class_method :database_kind?, :sound?, :postgres, :sidekiq

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

      # Whether processes are asked by a signal that Sidekiq sends.
      def sidekiq?
        @kind == :sidekiq
      end

      # Sends these signals.
      def signals
        SidekiqSignals.new(@place || ENV.fetch("REDIS_URL", "redis://localhost:6379/0"), @name)
      end

      # The bus, not connected yet.
      def bus
        far? ? PostgresBus.new(@place, @name) : FileBus.new(@place)
      end

      # Whether only a thread of its own may wait for it.
      def far?
        @kind == :postgres
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
