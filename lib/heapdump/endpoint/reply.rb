# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  class Endpoint
    # An answer in JSON, as Rack wants it.
    class Reply # :nodoc:
      # A number that becomes greater when a field changes its meaning or is removed.
      SCHEMA_VERSION = 1
      HEADERS = { "content-type" => "application/json; charset=utf-8",
                  "cache-control" => "no-store", "x-content-type-options" => "nosniff" }.freeze
      private_constant :SCHEMA_VERSION, :HEADERS

      # Why not: a code for programs, and a sentence.
      def self.refusal(status, code, message, headers: {}, **fields)
        new(status, { error: { code: code, message: message }, **fields }, headers)
      end

      def initialize(status, fields, headers = {})
        @status = status
        @fields = fields
        @headers = headers
      end

      # [status, headers, body]. The answer to HEAD has no body.
      def to_a(head: false)
        text = "#{Terminal::Json.compact({ schema_version: SCHEMA_VERSION, **@fields })}\n"
        [@status, { **HEADERS, "content-length" => text.bytesize.to_s, **@headers },
         head ? [] : [text]]
      end
    end
  end
end
