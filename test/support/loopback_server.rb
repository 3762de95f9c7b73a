# frozen_string_literal: true

require "webrick"

# A server of HTTP on this machine. Whoever includes this has serve(request, answer), for every
# method.
module LoopbackServer
  # Gives every request to a method.
  class Servlet < WEBrick::HTTPServlet::AbstractServlet
    def initialize(server, serve)
      super(server)
      @serve = serve
    end

    def service(request, answer)
      @serve.call(request, answer)
    end
  end

  # Returns when nothing listens any more.
  def stop
    @stalled.close
    @server.shutdown
    sleep 0.001 until @server.listeners.empty?
  end

  def port
    @server.config[:Port]
  end

  private

  # Returns when it listens: a server that is not yet there could not be stopped.
  def start(**options)
    @stalled = Queue.new
    ready = Queue.new
    @server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: 0, AccessLog: [],
                                      Logger: WEBrick::Log.new(File::NULL),
                                      StartCallback: -> { ready.push(true) }, **options)
    @server.mount("/", Servlet, method(:serve))
    Thread.new { @server.start }
    ready.pop
  end

  # Returns when the server is stopped.
  def stall
    @stalled.pop
  end
end
