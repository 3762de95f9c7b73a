# frozen_string_literal: true

require_relative "../asking"
require_relative "../click_house_server"

module HeapDump
  module Fleet
    # Where a store is:
    #
    #   sqlite:FILE                              or the path of a file alone
    #   postgres://user:password@host/database   ?schema=NAME, heapdump by default
    #   clickhouse://user:password@host/database clickhouses:// over TLS
    #   env:NAME                                 the address is in that variable
    #
    # Passwords are in no message, and not in #to_s.
    class Address # :nodoc:
      FORMS = "sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE, " \
              "clickhouse://USER:PASSWORD@HOST/DATABASE or env:NAME"
      NAME = /\A[A-Za-z_]\w{0,62}\z/ # of a schema, of a variable
      SCHEMA = /(?<=[?&])schema=([^&@]*)(?:&|\z)/
      private_constant :FORMS, :NAME, :SCHEMA

      # Raises HeapDump::Error for what it does not understand.
      def self.parse(text)
        case text
        when "", "sqlite:" then raise Error, "the address of the store is empty; give #{FORMS}"
        when /\Aenv:/ then of_variable(text.delete_prefix("env:"))
        when %r{\Apostgres(?:ql)?://} then libpq(text)
        when %r{\Aclickhouses?://} then click_house(text)
        when /\Asqlite:/, /\A[^:]+\z/, %r{\A\.{0,2}/} then file(text)
        else raise Error,
                   "there is no store for #{text[/\A[a-z]\w*(?=:)/] || "this"}; give #{FORMS}"
        end
      end

      def self.of_variable(name)
        value = name.match?(NAME) ? ENV.fetch(name, "") : ""
        raise Error, "#{name} is not set; it is to have the address of the store" if value.empty?
        raise Error, "#{name} has the name of another variable" if value.start_with?("env:")

        parse(value)
      end

      def self.file(text)
        path = text.sub(%r{\Asqlite:(?://(?=/))?}, "")
        new(:sqlite, File.expand_path(path), "sqlite:#{File.expand_path(path)}")
      end

      # What is no address is not repeated: it may have a password in it.
      def self.click_house(text)
        address = ClickHouseServer.address(text, "default")
        new(:clickhouse, address, address.name, secret: address.secret?)
      rescue URI::InvalidURIError
        malformed
      end

      # What libpq would quote in a message is no address. The schema is ours, and not libpq's.
      def self.libpq(text)
        schema = text[SCHEMA, 1] || "heapdump"
        url = text.sub(SCHEMA, "").sub(/[?&]\z/, "")
        parsed = Asking::Address.parse(url)
        name = parsed.to_s
        return new(:postgres, [url, schema], name, secret: parsed.secret?) if schema.match?(NAME)

        raise Error, "#{name}: schema= needs a plain name"
      rescue ArgumentError
        malformed
      end

      def self.malformed
        raise Error, "the address of the store is malformed (@, / and % in a password are " \
                     "written %40, %2F and %25); give #{FORMS}"
      end
      private_class_method :of_variable, :file, :click_house, :libpq, :malformed

      def initialize(kind, place, name, secret: false)
        @kind = kind
        @place = place
        @name = name
        @secret = secret
      end

      # Whether it has a password, which must not be in the arguments of a command.
      def secret?
        @secret
      end

      # Opens it (Store), with all tables.
      def open
        connected { |store| Schema.migrate(store) }
      end

      # Opens it to be read alone (Store): nothing is made or changed. Raises StoreError if it has
      # no tables yet, or those of another version.
      def read
        connected(read: true) { |store| Schema.check(store) }
      end

      # Whether it is a file that is not there.
      def missing?
        @kind == :sqlite && !File.exist?(@place)
      end

      # What it is a database of: "sqlite", "postgres" or "clickhouse".
      def engine
        @kind.to_s
      end

      def to_s
        @name
      end
      alias inspect to_s # Ruby puts it into messages of errors

      private

      def connected(read: false)
        store = case @kind
                when :sqlite then Sqlite.new(@place, @name, read: read)
                when :postgres then Postgres.new(*@place, @name, read: read)
                when :clickhouse then Clickhouse.new(@place, @name, read: read)
                end
        yield store
        store
      rescue StandardError
        store&.close
        raise
      end
    end
  end
end
