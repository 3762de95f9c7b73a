# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a bus is: <tt>file:/shared/directory</tt>, or the directory alone;
    # <tt>postgres://user:password@host/database</tt>. Raises ArgumentError for what it does not
    # understand. Credentials are in no message, and not in #to_s.
    class Address # :nodoc:
      KINDS = "file:/DIRECTORY or postgres://USER:PASSWORD@HOST/DATABASE"
      FILE = %r{\A(?:file:(?://)?)?(/[^\0]+)\z}
      POSTGRES = %r{\Apostgres(?:ql)?://(?:(?<user>.*)@)?(?<hosts>[^/?@]*)(?:/(?<name>[^?@]*))?
                    (?:\?(?<more>.*))?\z}x
      HOST = /\A(?:\[[\h:.%]+\]|[\w.%-]*)(?::\d+)?\z/
      private_constant :KINDS, :FILE, :POSTGRES, :HOST

      # +name+ is that of the option for messages.
      def self.parse(text, name = "ask:")
        path = text[FILE, 1] if text.is_a?(String)
        return new(:file, "file:#{File.expand_path(path)}", File.expand_path(path)) if path

        kind = text.is_a?(String) ? text[/\A[a-z]+(?=:)/] : text.class
        database = text.match(POSTGRES) if database_kind?(kind)
        return postgres(text, database) if database && sound?(database)

        kind = database_kind?(kind) ? "#{kind}:…, which is malformed" : kind.inspect
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
      private_class_method :database_kind?, :sound?, :postgres

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
