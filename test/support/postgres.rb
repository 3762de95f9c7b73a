# frozen_string_literal: true

require_relative "own_server"

# A database server of its own, reached through a socket in its directory and by nobody else.
class Postgres < OwnServer
  # Debian keeps the server's programs out of PATH, one directory per version.
  def self.programs
    places = Dir["/usr/lib/postgresql/*/bin"].sort_by { |dir| dir[/\d+/].to_i }.reverse
    [*places, *ENV.fetch("PATH").split(":")].find { |dir| File.executable?("#{dir}/postgres") }
  end

  # It refuses to run as root.
  def initialize(directory)
    super(directory, %w[postgres nobody])
  end

  def url
    "postgres://test@/postgres?host=#{directory}"
  end

  # Yields while the server runs.
  def run
    make_data
    before = File.size?(log).to_i
    server = start("#{Postgres.programs}/postgres", "-D", data, "-k", directory,
                   "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=1MB",
                   "-c", "max_connections=20")
    wait_for(server) { log_since(before).include?("ready to accept connections") }
    yield
  ensure
    stop(server, :INT) if server
  end

  private

  def log_since(bytes)
    File.binread(log, nil, bytes).to_s
  end

  def data
    "#{directory}/data"
  end

  def make_data
    return if File.directory?(data) # it has run before

    pid = start("#{Postgres.programs}/initdb", "-D", data, "-U", "test", "--auth=trust",
                "--no-sync")
    Timeout.timeout(60) { Process.wait(pid) }
    raise "failed:\n#{File.read(log)}" unless Process.last_status.success?
  end
end
