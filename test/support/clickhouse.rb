# frozen_string_literal: true

require "net/http"
require "socket"
require_relative "own_server"

# A ClickHouse server of its own, on a free port of this machine.
class Clickhouse < OwnServer
  CONFIG = <<~XML
    <yandex>
      <logger><level>warning</level><console>1</console></logger>
      <http_port>%<port>d</http_port>
      <listen_host>127.0.0.1</listen_host>
      <path>%<data>s/</path><tmp_path>%<data>s/tmp/</tmp_path>
      <user_files_path>%<data>s/files/</user_files_path>
      <users_config>users.xml</users_config>
      <default_profile>default</default_profile><default_database>default</default_database>
      <mark_cache_size>5368709</mark_cache_size>
    </yandex>
  XML
  USERS = <<~XML
    <yandex>
      <profiles><default/></profiles>
      <users>
        <default><password></password><networks><ip>::/0</ip></networks>
          <profile>default</profile><quota>default</quota></default>
        <ops><password>se'cret@/</password><networks><ip>::/0</ip></networks>
          <profile>default</profile><quota>default</quota></ops>
      </users>
      <quotas><default/></quotas>
    </yandex>
  XML

  def self.program
    paths = ENV.fetch("PATH").split(":").map { |dir| "#{dir}/clickhouse-server" }
    paths.find { |path| File.executable?(path) }
  end

  def initialize(directory)
    super(directory, %w[clickhouse nobody])
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  def url
    "clickhouse://127.0.0.1:#{@port}/default"
  end

  # Yields while the server runs.
  def run
    File.write("#{directory}/config.xml", format(CONFIG, port: @port, data: "#{directory}/data"))
    File.write("#{directory}/users.xml", USERS)
    server = start(Clickhouse.program, "--config-file=#{directory}/config.xml")
    wait_for(server) { answers? }
    yield
  ensure
    stop(server, :TERM) if server
  end

  private

  def answers?
    Net::HTTP.get(URI("http://127.0.0.1:#{@port}/ping")).start_with?("Ok")
  rescue SystemCallError, EOFError
    false
  end
end
