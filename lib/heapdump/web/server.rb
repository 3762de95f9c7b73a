# frozen_string_literal: true

require "securerandom"

module HeapDump
  class Web
    # Serves dumps to one user of this machine, until it is stopped or nobody has asked for a while.
    # It listens on 127.0.0.1 alone.
    #
    #   server = Server.new(["heap.json"])
    #   server.start.url # => "http://127.0.0.1:41233/#token=…"
    #   server.wait      # for an hour without a request
    #   server.stop
    class Server
      ADDRESS = "127.0.0.1"
      NAMES = [ADDRESS, "localhost"].freeze
      IDLE = 3600 # seconds
      LAST = 1 # seconds for answers that are being written when it is stopped
      REFUSED = [401, 403, 405, 421].freeze # what Guard says
      private_constant :NAMES, :LAST, :REFUSED

      # The application, nil before #start (Web).
      attr_reader :web
      # The port, 0 before #start if any will do (Integer).
      attr_reader :port

      # +port+ is 0 for any free one. +options+ are those of Web.new.
      def initialize(paths, port: 0, idle: IDLE, **options)
        @paths = paths
        @port = port
        @idle = idle
        @options = options
        @token = SecureRandom.hex(32)
      end

      # The address of the page. The token stands where browsers send it to nobody.
      def url
        "http://#{ADDRESS}:#{port}/#token=#{@token}"
      end

      # Returns when it listens. Raises Error if the port is not free.
      def start
        listening = Thread::Queue.new
        @thread = Thread.new { serve(listening) }
        failure = listening.pop
        raise failure if failure

        self
      end

      # Returns when nobody has asked for so long.
      def wait
        loop do
          left = @asked_at + @idle - now
          return unless left.positive?

          sleep(left)
        end
      end

      def stop
        @server&.shutdown
        @thread&.join(LAST) || @thread&.kill
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      def serve(listening)
        Thread.current.report_on_exception = false
        handler.run(method(:call), **settings) do |server|
          prepare(server)
          listening << nil
        end
      rescue StandardError => e
        listening << (e.is_a?(SystemCallError) ? unusable(e) : e)
      end

      # Who is refused, as others on this machine are, does not keep it running.
      def call(env)
        reply = web.call(env)
        @asked_at = now unless REFUSED.include?(reply.first)
        reply
      end

      # Rackup belongs to Rack 3; before that Rack had handlers of its own.
      def handler
        require "rackup/handler/webrick"
        Rackup::Handler::WEBrick
      rescue LoadError
        require "rack/handler/webrick"
        ::Rack::Handler::WEBrick
      end

      def settings
        { BindAddress: ADDRESS, Port: port, ServerName: ADDRESS, ServerSoftware: "heapdump",
          DoNotReverseLookup: true, AccessLog: [], Logger: ::WEBrick::BasicLog.new(nil, 0),
          RequestTimeout: Requests::WEBRICKS, AcceptCallback: method(:accept) }
      end

      # WEBrick writes the head and the body of an answer one after the other. The system would hold
      # back the second until the client has confirmed the first, which takes 40 ms.
      #
      # Whoever takes nothing of an answer would keep one of the few connections for ever: where the
      # system can, it closes such a connection.
      def accept(socket)
        socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
        return unless Socket.const_defined?(:TCP_USER_TIMEOUT)

        socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_USER_TIMEOUT,
                          (Requests.taken * 1000).to_i)
      end

      def prepare(server)
        @server = server
        @port = server[:Port]
        @asked_at = now
        hosts = NAMES.map { |name| "#{name}:#{port}" }
        hosts += NAMES if port == 80 # which browsers do not send
        @web = Web.new(dumps: @paths, hosts: hosts, token: @token, **@options)
        server.extend(Requests)
      end

      def unusable(error)
        Error.new("cannot listen on port #{port} of #{ADDRESS}: " \
                  "#{Terminal::Trouble.words(error)}; give another --port, or none for a free one")
      end
    end
  end
end
