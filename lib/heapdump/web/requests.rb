# frozen_string_literal: true

module HeapDump
  class Web
    # What WEBrick does with requests, otherwise than by itself: a request has to come within a few
    # seconds, not each of its lines; one with a body, or without a path, is refused; and errors
    # that it finds before the application is asked are told as those of the application.
    module Requests
      SECONDS = 10
      # What WEBrick waits for each line, and between two requests: longer, so that only one of both
      # times runs out.
      WEBRICKS = 3 * SECONDS
      # For how long a client may take nothing of its answer. Some links are slow.
      TAKEN = 3 * SECONDS

      # These seconds (TAKEN), which tests make fewer.
      def self.taken
        TAKEN
      end

      # A request that has to come in time.
      module InTime
        def parse(socket = nil)
          ::WEBrick::Utils.timeout(SECONDS) { super }
        rescue Timeout::Error
          raise ::WEBrick::HTTPStatus::RequestTimeout
        end
      end

      # An error of WEBrick's as an answer in JSON.
      module Told
        def create_error_page
          Reply::HEADERS.each { |name, value| self[name] = value }
          self["content-type"] = Reply::JSON_TYPE
          self.body = Reply.text(error: { code: "bad_request",
                                          message: ::WEBrick::HTTPStatus.reason_phrase(status) })
        end
      end

      def create_request(*)
        super.extend(InTime)
      end

      def create_response(*)
        super.extend(Told)
      end

      def service(request, response)
        raise ::WEBrick::HTTPStatus::BadRequest unless request.request_uri # "*", CONNECT
        raise ::WEBrick::HTTPStatus::RequestEntityTooLarge if body?(request)

        super
      end

      private

      def body?(request)
        request["content-length"].to_i.positive? || !request["transfer-encoding"].nil?
      end
    end
  end
end
