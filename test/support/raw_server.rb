# frozen_string_literal: true

require "socket"

# A server on this machine that answers as no server should: with the bytes that the block writes
# when a request has come, whose body it does not read.
class RawServer
  # The head of each request.
  attr_reader :heads

  def initialize(&answer)
    @heads = []
    @server = TCPServer.new("127.0.0.1", 0)
    @thread = Thread.new { loop { serve(@server.accept, answer) } }
    @thread.report_on_exception = false
  end

  def address
    "http://127.0.0.1:#{@server.addr[1]}"
  end

  def stop
    @thread.kill
    @server.close
  end

  private

  def serve(socket, answer)
    @heads << socket.gets("\r\n\r\n")
    answer.call(socket)
  rescue SystemCallError, IOError
    nil # the client has had enough
  ensure
    socket.close
  end
end
