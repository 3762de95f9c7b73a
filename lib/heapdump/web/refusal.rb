# frozen_string_literal: true

module HeapDump
  class Web
    # Why a request is not answered: the status of HTTP, a code for programs, and a sentence.
    class Refusal < Error
      # The status (Integer), the code (String), what else the answer says (Hash), headers (Hash),
      # and the error that is the cause, for whoever runs the server (Exception or nil).
      attr_reader :status, :code, :more, :headers, :error

      # A fault of ours. Whoever has asked is told no more.
      def self.failed(error)
        new(500, "failed", "this question could not be answered", error: error)
      end

      def initialize(status, code, message, more: {}, headers: {}, error: nil)
        super(message)
        @status = status
        @code = code
        @more = more
        @headers = headers
        @error = error
      end
    end
  end
end
