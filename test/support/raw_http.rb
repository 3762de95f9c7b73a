# frozen_string_literal: true

require "io/wait"
require "json"
require "socket"

# Requests as they are written to a socket, and what is answered.
module RawHTTP
  Answer = Struct.new(:status, :headers, :body) do
    def json
      JSON.parse(body)
    end
  end

  PATIENCE = 120 # seconds; a test must not wait for ever

  # Sends bytes to a port of this machine and returns the Answer, nil if the connection is closed
  # without one.
  def raw(port, bytes, method: "GET")
    TCPSocket.open("127.0.0.1", port) do |socket|
      begin
        socket.write(bytes)
      rescue Errno::EPIPE, Errno::ECONNRESET
        nil # it did not want to read all of it
      end
      answer_from(socket, method: method)
    end
  rescue Errno::ECONNRESET
    nil
  end

  # Reads one Answer.
  def answer_from(socket, method: "GET")
    socket.wait_readable(PATIENCE) or raise "no answer within #{PATIENCE} s"
    status = socket.gets&.slice(/\AHTTP\S+ (\d+)/, 1) or return
    headers = {}
    while (line = socket.gets("\r\n", chomp: true)) && !line.empty?
      name, value = line.split(": ", 2)
      headers[name.downcase] = value
    end
    body = method == "HEAD" ? "" : socket.read(headers.fetch("content-length", 0).to_i)
    Answer.new(status.to_i, headers, body)
  end

  # The lines of a request.
  def request(path, *headers, method: "GET", host: "127.0.0.1", port: nil)
    ["#{method} #{path} HTTP/1.1", "Host: #{[host, port].compact.join(":")}", *headers, "", ""]
      .join("\r\n")
  end
end
