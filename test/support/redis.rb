# frozen_string_literal: true

require_relative "own_server"

# A Redis server of its own, reached through a socket in its directory.
class Redis < OwnServer
  def self.program
    places = ENV.fetch("PATH").split(":").map { |dir| "#{dir}/redis-server" }
    places.find { |path| File.executable?(path) }
  end

  def initialize(directory)
    super(directory, %w[redis nobody])
  end

  def url
    "unix://#{socket}"
  end

  # Yields while the server runs.
  def run
    server = start(Redis.program, "--port", "0", "--unixsocket", socket, "--save", "",
                   "--appendonly", "no", "--daemonize", "no")
    wait_for(server) { File.socket?(socket) }
    yield
  ensure
    stop(server, :TERM) if server
  end

  private

  def socket
    "#{directory}/redis.sock"
  end
end
