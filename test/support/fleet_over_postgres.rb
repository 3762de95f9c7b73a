# frozen_string_literal: true

require "support/fleet"
require "support/postgres"

# A fleet that is asked over a PostgreSQL server of its own.
module FleetOverPostgres
  include Fleet

  def setup
    super
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    begin
      require "pg"
    rescue LoadError
      skip "SKIPPED: no gem pg here"
    end
    File.chmod(0o755, scratch) # the server runs as a user of its own
    @server = Postgres.new("#{scratch}/postgres")
    @members = []
  end

  def teardown
    @members&.each { |one| one.engine.stop }
    @bus&.close
    ENV.delete("HEAPDUMP_ASK")
    super
  end

  def address
    @server.url
  end

  def members(*pids, **options)
    pids.map { |pid| member(pid, **options) }.tap { |made| @members.concat(made) }
  end

  # Lets all look until the block is true.
  def look_until(what, all, seconds = 0)
    wait_until(what) do
      look_all(all, seconds)
      yield
    end
  end
end
