# frozen_string_literal: true

require_relative "own_server"

# A pooler before a Postgres, which gives a connection of the server to whoever has a transaction.
class Pgbouncer < OwnServer
  PORT = 6432 # a part of the name of its socket
  private_constant :PORT

  def self.program
    places = ["/usr/sbin", *ENV.fetch("PATH").split(":")].map { |dir| "#{dir}/pgbouncer" }
    places.find { |path| File.executable?(path) }
  end

  # It refuses to run as root.
  def initialize(directory, postgres)
    super(directory, %w[postgres nobody])
    @postgres = postgres
  end

  def url
    "postgres://test@/postgres?host=#{directory}&port=#{PORT}"
  end

  # Yields while it runs.
  def run
    File.write("#{directory}/pgbouncer.ini", <<~INI)
      [databases]
      postgres = host=#{@postgres.directory} dbname=postgres user=test
      [pgbouncer]
      unix_socket_dir = #{directory}
      listen_port = #{PORT}
      auth_type = any
      pool_mode = transaction
    INI
    server = start(Pgbouncer.program, "#{directory}/pgbouncer.ini")
    wait_for(server) { File.socket?("#{directory}/.s.PGSQL.#{PORT}") }
    yield
  ensure
    stop(server, :TERM) if server
  end
end
