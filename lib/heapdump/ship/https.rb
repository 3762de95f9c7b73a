# frozen_string_literal: true

require "digest"
require "net/http"
require "openssl"

module HeapDump
  module Ship
    # A server that takes files by PUT: a store with a signed address, WebDAV, or any other.
    class Https < Sink # :nodoc:
      # What a connection may raise.
      ERRORS = [SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError,
                Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError].freeze
      NAME = /%\{name\}|%7Bname%7D/
      AZURE = ".blob.core.windows.net" # wants to hear what kind of a blob it is
      # There is a file of that name: as the standard says it, and as Azure does.
      TAKEN = [Net::HTTPPreconditionFailed, Net::HTTPConflict].freeze
      # It may not be read.
      HIDDEN = [Net::HTTPUnauthorized, Net::HTTPForbidden, Net::HTTPMethodNotAllowed].freeze
      private_constant :ERRORS, :NAME, :AZURE, :TAKEN, :HIDDEN

      def self.from(text, **options)
        new(text, **options)
      end

      # A request took longer than it may.
      class Endless < StandardError; end
      private_constant :Endless

      def initialize(text, timeout:, plain_http: false, longest: LONGEST)
        super()
        @named = text.match?(NAME)
        @many = @named || text.split("?").first.end_with?("/")
        PlainHTTP.authorization # else each try would raise
        @uri = PlainHTTP.parse(text.gsub(NAME, "%7Bname%7D"), "the address", allowed: plain_http)
        @timeout = timeout
        @longest = longest
      end

      def one_object?
        !@many
      end

      # Without what follows "?", which may be a signature.
      def to_s
        shown(@uri)
      end

      # If-None-Match makes the server refuse a file that it has already.
      def deliver(file, facts)
        uri = address(name_of(file, facts))
        answer = Source.open(file, facts["sha256"]) { |source| ask(uri, put(uri, source)) }
        answer = already(uri, answer, file, facts) if TAKEN.include?(answer.class)
        refuse(uri, answer) unless answer.is_a?(Net::HTTPSuccess)

        Receipt.new(shown(uri), answer["ETag"]&.slice(0, 200))
      rescue *ERRORS, Endless => e
        raise Error, "#{shown(uri || @uri)}: #{words(e)}"
      end

      private

      def address(name)
        name = name.split("/").map { |part| URI.encode_www_form_component(part).gsub("+", "%20") }
                   .join("/")
        @uri.dup.tap do |uri|
          path = @named || one_object? ? uri.path.gsub(NAME) { name } : uri.path + name
          uri.path = path.start_with?("/") ? path : "/#{path}"
          uri.query &&= uri.query.gsub(NAME) { name }
        end
      end

      def put(uri, source)
        Net::HTTP::Put.new(uri).tap do |request|
          request.body_stream = source
          request.content_length = source.size
          request.content_type = "application/octet-stream"
          request["If-None-Match"] = "*"
          request["x-ms-blob-type"] = "BlockBlob" if uri.hostname.end_with?(AZURE)
        end
      end

      # The answer, and its body only as far as the block reads it: it could be without an end.
      def ask(uri, request)
        request["Authorization"] = PlainHTTP.authorization
        Timeout.timeout(@longest, Endless) do
          Net::HTTP.start(uri.hostname, uri.port, *proxy(uri), settings(uri)) do |http|
            http.request(request) do |answer|
              yield answer if block_given?
              return answer
            end
          end
        end
      end

      # Host, port, user and password, as Net::HTTP takes them. It would itself look for http_proxy
      # only, whatever the address is, and repeat the password of one that is wrong.
      def proxy(uri)
        found = uri.find_proxy or return [nil] * 4
        raise URI::InvalidURIError unless found.is_a?(URI::HTTP) && found.hostname

        [found.hostname, found.port, *[found.user, found.password].map { |text| plain(text) }]
      rescue URI::Error
        raise Error, "#{uri.scheme}_proxy in the environment is no address as http://host:port " \
                     "(special characters have to be written as %XX)"
      end

      def plain(text)
        text && URI.decode_www_form_component(text.gsub("+", "%2B"))
      end

      def settings(uri)
        { use_ssl: uri.is_a?(URI::HTTPS), max_retries: 0, open_timeout: @timeout,
          read_timeout: @timeout, write_timeout: @timeout }
      end

      # There is a file of that name, which is read back: only its bytes say whether it is ours.
      def already(uri, refusal, file, facts)
        same = false
        request = Net::HTTP::Get.new(uri, "Accept-Encoding" => "identity")
        found = ask(uri, request) { |answer| same = same?(answer, file, facts) }
        hidden(shown(uri)) if HIDDEN.include?(found.class)
        return refusal unless found.is_a?(Net::HTTPSuccess)

        same ? found : conflict(shown(uri))
      end

      # It is read no further than +file+ is long.
      def same?(answer, file, facts)
        left = File.size(file)
        return false unless answer.is_a?(Net::HTTPOK) && [nil, left].include?(answer.content_length)

        digest = Digest::SHA256.new
        answer.read_body do |bytes|
          return false if (left -= bytes.bytesize).negative?

          digest << bytes
        end
        digest.hexdigest == sha256_of(file, facts)
      end

      # No text of the answer is shown: that of S3 repeats parts of a signature.
      def refuse(uri, answer)
        raise Error, "#{shown(uri)} has refused it with status #{answer.code}"
      end

      def shown(uri)
        uri.dup.tap { |one| one.query = one.fragment = nil }.to_s.gsub("%7Bname%7D", "%{name}")
      end

      def words(error)
        case error
        when Errno::ECONNRESET, Errno::EPIPE
          "the server has closed the connection, as some do if a file is too large for them"
        when SystemCallError then Terminal::Trouble.words(error.class.new) # without a proxy in it
        when Endless then "it took longer than #{@longest} s"
        when Timeout::Error then "no progress within #{@timeout} s"
        else error.message
        end
      end
    end
  end
end
