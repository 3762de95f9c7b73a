# frozen_string_literal: true

require "net/http"
require "uri"
require_relative "errors"
require_relative "terminal/trouble"

module HeapDump
  # A ClickHouse server over HTTP, as stores of a fleet and converters use it. Its address is
  #
  #   clickhouse://user:password@host:8123/database    clickhouses:// over TLS
  #
  # Where there is a user and no password, that is in the variable CLICKHOUSE_PASSWORD.
  #
  #   server = ClickHouseServer.new(ClickHouseServer.address("clickhouse://db", "heapdump"))
  #   server.ask("SELECT 1") # => "1\n"
  class ClickHouseServer # :nodoc:
    PORTS = { "clickhouse" => 8123, "clickhouses" => 8443 }.freeze
    DATABASE = /\A[A-Za-z_][\w-]*\z/
    CONTROL = /%[01]\h/ # characters that no header of HTTP may have
    CONNECT = 10 # seconds for a connection
    TIMEOUT = 600 # seconds for an answer
    WORDS = 300 # characters of what the server says
    private_constant :PORTS, :DATABASE, :CONTROL, :CONNECT, :TIMEOUT, :WORDS

    # The server does not answer, or refuses.
    class Failed < Error; end

    # Where one is. +name+ has neither user nor password.
    Address = Struct.new(:uri, :port, :database, :name) do
      # Whether it has a password, which must not be in the arguments of a command.
      def secret?
        !uri.password.nil?
      end

      def inspect
        name
      end
      alias_method :to_s, :inspect
    end

    # The Address of a text; +database+ is that where it names none. Raises URI::InvalidURIError,
    # whose message may have the password in it, for what is none.
    def self.address(text, database)
      uri = URI.parse(text)
      port = PORTS[uri.scheme]
      raise URI::InvalidURIError if port.nil? || uri.host.to_s.empty? || text.match?(CONTROL)

      named = uri.path.delete_prefix("/")
      named = database if named.empty?
      raise URI::InvalidURIError unless named.match?(DATABASE)

      port = uri.port || port
      Address.new(uri, port, named, "#{uri.scheme}://#{uri.host}:#{port}/#{named}")
    end

    # +settings+:: of ClickHouse, for each request (Hash)
    def initialize(address, timeout: TIMEOUT, settings: {})
      @address = address
      @timeout = timeout
      @settings = settings
    end

    # Runs a statement. Returns the answer (String). +rows+ are what an INSERT takes (String, in the
    # format that the statement names). +database+ is nil where it need not be there yet. Raises
    # Failed.
    def ask(sql, rows: nil, database: @address.database)
      answer = http.request(request(sql, rows, database))
      return answer.body.to_s.force_encoding(Encoding::UTF_8) if answer.is_a?(Net::HTTPOK)

      said = Terminal::Text.short(answer.body.to_s.lines.first.to_s.strip, WORDS, keep: :start)
      fail_with("#{said} (HTTP #{answer.code})")
    rescue Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError
      fail_with("what answers speaks no HTTP; give the HTTP port (8123)")
    rescue SystemCallError, IOError, Timeout::Error, SocketError, OpenSSL::SSL::SSLError => e
      fail_with("cannot be reached: #{Terminal::Trouble.words(e)}")
    end

    # Ends the connection; the next question makes another one.
    def close
      @http&.finish
    rescue IOError
      nil
    ensure
      @http = nil
    end

    private

    def fail_with(words)
      raise Failed, "#{@address.name}: #{words}"
    end

    # The statement is the body, unless that is the rows.
    def request(sql, rows, database)
      parameters = { database: database, query: (sql if rows), **@settings }.compact
      request = Net::HTTP::Post.new("/?#{URI.encode_www_form(parameters)}", credentials)
      request["content-type"] = "application/octet-stream" # or Ruby 3.1 warns
      request.body = rows || sql
      request
    end

    def credentials
      user, password = [@address.uri.user, @address.uri.password].map do |text|
        text && URI::DEFAULT_PARSER.unescape(text)
      end
      password ||= ENV.fetch("CLICKHOUSE_PASSWORD", nil) if user
      { "X-ClickHouse-User" => user, "X-ClickHouse-Key" => password }.compact
    end

    # Without a proxy, which is for the web. An INSERT that is sent twice would be there twice.
    def http
      @http ||= Net::HTTP.new(@address.uri.hostname, @address.port, nil).tap do |http|
        http.use_ssl = @address.uri.scheme == "clickhouses"
        http.open_timeout = CONNECT
        http.read_timeout = http.write_timeout = @timeout
        http.max_retries = 0
        http.start
      end
    end
  end
end
