# frozen_string_literal: true

require "digest/sha2"
require "securerandom"

module HeapDump
  class Snapshot
    # The same dump without what may be secret: what Snapshot#redacted returns. All text that is
    # read out of the graph goes through here.
    class Redacted < Snapshot # :nodoc:
      # Fields of a line that a dump with <tt>strings: :none</tt> does not have.
      CONTENTS = %w[value value_base64 thread_name].freeze
      # Fields of a line whose numbers are no data.
      NUMBERS = %w[
        memsize slot_size bytesize length offset size bits options fd line call_caches generation
      ].freeze
      # A key that comes from code: a symbol, true, false, nil.
      WRITTEN = /\A(?:":|:|(?:true|false|nil|null)\z)/
      DIGITS = 8 # so many stand for the name of a host or program
      private_constant :CONTENTS, :NUMBERS, :WRITTEN, :DIGITS

      # Two dumps are of one process if their headers have the same names; so each name becomes a
      # word that is the same for the same name, and different in every process that reads dumps.
      SALT = SecureRandom.bytes(32)
      private_constant :SALT

      def initialize(original)
        super(Homes.hide(original.path))
        @plain = original
        @graph = original.graph
        @lines = Lines.new(@graph) { |line| redact(line) }
      end

      attr_reader :plain

      def redacted
        self
      end

      def redacted?
        true
      end

      def header
        @header ||= begin
          header = Lines.parse(graph.header)
          hide_homes(header).merge(stand_ins(header)).freeze
        end
      end

      def string(number)
        place(super)
      end

      def place(text)
        text && Homes.hide(text)
      end

      def key(key)
        key if key.is_a?(String) && key.match?(WRITTEN)
      end

      # A shell knows the home folder by "~" if nothing quotes it.
      def argument
        super.delete_prefix("\\")
      end

      private

      def redact(line)
        line = line.except(*CONTENTS, *("path" if line["type"] == "FILE"))
        line.to_h { |name, value| [name, field(name, value)] }.freeze
      end

      def field(name, value)
        return value if NUMBERS.include?(name)
        return data(value) unless name == "frames" && value.is_a?(Array)

        value.map { |frame| frame.is_a?(Hash) ? redact(frame) : data(frame) }
      end

      # A value without numbers and home folders.
      def data(value)
        case value
        when Numeric then nil
        when String then value.start_with?("0x") ? value : Homes.hide(value)
        when Array then value.map { |one| data(one) }
        when Hash then value.transform_values { |one| data(one) }
        else value
        end
      end

      # A header has no numbers of the program's.
      def hide_homes(value)
        case value
        when String then Homes.hide(value)
        when Array then value.map { |one| hide_homes(one) }
        when Hash then value.transform_values { |one| hide_homes(one) }
        else value
        end
      end

      # Of a program only its first word, as where dumps are compared.
      def stand_ins(header)
        names = { "host" => header["host"], "program" => header["program"].to_s[/\S+/] }
        names.compact.transform_values do |name|
          "hidden-#{Digest::SHA256.hexdigest(SALT + name.to_s.b)[0, DIGITS]}"
        end
      end
    end
    private_constant :Redacted
  end
end
