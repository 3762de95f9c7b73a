# frozen_string_literal: true

module HeapDump
  class Web
    # What WEBrick does with requests, otherwise than by itself: a request has to come within a few
    # seconds, not each of its lines, and its answer has to be taken within some; one with a body,
    # or without a path, is refused; and errors that it finds before the application is asked are
    # told as those of the application.
    module Requests
      SECONDS = 10
      # What WEBrick waits for each line, and between two requests: longer, so that only one of both
      # times runs out.
      WEBRICKS = 3 * SECONDS
      # In which an answer has to be taken. Some links are slow.
      TAKEN = 3 * SECONDS

      # How long an answer may take (TAKEN), which tests make shorter.
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

      # An answer that has to be taken in time. Whoever does not read it would keep one of the few
      # connections for ever. WEBrick closes the connection when it is interrupted while it writes.
      module Taken
        def send_response(socket)
          ::WEBrick::Utils.timeout(Requests.taken) { super }
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
        super.extend(Taken, Told)
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
