# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a bus is: <tt>file:/shared/directory</tt>, or the directory alone. Raises ArgumentError
    # for what it does not understand. Credentials are in no message.
    class Address # :nodoc:
      KINDS = "file:/DIRECTORY"
      FILE = %r{\A(?:file:(?://)?)?(/[^\0]+)\z}
      private_constant :KINDS, :FILE

      # +name+ is that of the option for messages.
      def self.parse(text, name = "ask:")
        path = text[FILE, 1] if text.is_a?(String)
        return new(:file, File.expand_path(path)) if path

        kind = text.is_a?(String) ? text[/\A[a-z]+(?=:)/].inspect : text.class
        raise ArgumentError, "#{name} must be #{KINDS}, not #{kind}"
      end

      attr_reader :kind

      def initialize(kind, place)
        @kind = kind
        @place = place
      end

      # Raises LoadError, with the line for the Gemfile, if a library is missing.
      def check; end

      # The bus, not connected yet.
      def bus
        FileBus.new(@place)
      end

      # Whether it has a password, which must not be in the arguments of a command.
      def secret?
        false
      end

      # Without credentials.
      def to_s
        bus.to_s
      end
      alias inspect to_s
    end
  end
end
