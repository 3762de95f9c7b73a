# frozen_string_literal: true

require "test_helper"
require "json"
require "support/served_dumps"
require "support/with_rails"

# The endpoint on Puma with two workers: any of them answers, and each knows what has become of the
# dumps of the other.
module ServedEndpoint
  include ServedDumps

  TOKEN = "0123456789abcdef" * 4
  CONFIG = ServedDumps::PUMA.sub("threads 4, 4", "threads 2, 2\npreload_app!")
                            .sub(/^plugin.*\n/, "")
  # Whatever else fills the disk and the memory of this machine.
  ROOM = <<~'RUBY'
    require "heapdump"
    HeapDump::Endpoint # loads the rest
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    HeapDump::Watch::Gauge.define_method(:headroom) { nil }
  RUBY

  def serve_endpoint(app)
    server = Server.new(scratch, "puma", CONFIG, env: environment, app: app)
    server.answers
    yield server
  rescue StandardError, Minitest::Assertion
    warn server.log if server
    raise
  ensure
    server&.stop
  end

  def ask(server, method, path, token = TOKEN)
    request = Net::HTTP.const_get(method).new(path, "x-heapdump-token" => token)
    Net::HTTP.start("127.0.0.1", server.port, nil, read_timeout: Server::DEADLINE) do |http|
      http.request(request)
    end
  end

  def parsed(response)
    JSON.parse(response.body)
  end

  # Asks until a certain process answers, over a new connection each time.
  def dump_of(server, pid)
    wait_until("process #{pid} dumps") do
      answer = ask(server, :Post, "/admin/heap?pid=#{pid}")
      assert_includes %w[202 409 421], answer.code, answer.body
      answer if answer.code == "202"
    end
  end

  def assert_written(server, answer, pid)
    fields = parsed(answer)
    assert_equal [pid, "/admin/heap/#{fields["id"]}"], [fields["pid"], answer["location"]]
    answered = []
    told = wait_until("both workers tell of it") do
      told = parsed(ask(server, :Get, answer["location"]))
      answered |= [told["pid"]] if told["objects"]
      told if answered.size == 2
    end
    dump = assert_whole Dump.skim(told["path"])
    assert_equal [pid, "hash"], dump.header.values_at("pid", "strings")
    assert_equal dump.footer["objects"], told["objects"]
  end

  def assert_served(server)
    assert_equal "401", ask(server, :Post, "/admin/heap", "x" * 64).code
    assert_equal "405", ask(server, :Get, "/admin/heap").code
    assert_empty Dir.children(dumps), "who has no right leaves no trace"
    workers = Processes.children(server.pid).sort
    assert_equal 2, workers.size
    workers.each { |pid| assert_written(server, dump_of(server, pid), pid) }
    refute_match(/request has failed|Error/, server.log)
    assert_empty workers.flat_map { |pid| Processes.zombies(pid) }
    assert_equal workers, Processes.children(server.pid).sort
  end
end

# In config.ru, without a framework.
class TestEndpointOnPuma < HeapDumpTest
  include ServedEndpoint

  def test_a_bare_application
    app = "#{ROOM}app = HeapDump::Endpoint.new(token: '#{TOKEN}', to: '#{dumps}')\n" \
          "map('/admin/heap') { run app }\n" \
          "run ->(_) { [200, {}, [Process.pid.to_s]] }\n"
    serve_endpoint(app) { |server| assert_served(server) }
  end

  def test_no_token_no_server
    app = "require 'heapdump'\nrun HeapDump::Endpoint.new(token: ENV['NO_TOKEN'])\n"
    error = assert_raises(Server::Failed) do
      Server.new(scratch, "puma", CONFIG, env: environment, app: app).answers
    end
    assert_match(/token: has 32 characters or more/, error.message)
  end
end

# In the routes of a Rails application, which protects its own forms from other sites.
class TestEndpointInRails < HeapDumpTest
  include WithRails
  include ServedEndpoint

  def app
    <<~RUBY
      #{ROOM}
      require "action_controller/railtie"
      require "logger"
      class Shop < Rails::Application
        config.root = Dir.pwd
        config.eager_load = true
        config.secret_key_base = "0" * 64
        config.logger = Logger.new($stderr, level: :warn)
        config.hosts.clear
        config.action_controller.default_protect_from_forgery = true
        routes.append do
          mount HeapDump::Endpoint.new(token: "#{TOKEN}", to: "#{dumps}") => "/admin/heap"
          root to: ->(_) { [200, {}, [Process.pid.to_s]] }
        end
      end
      Shop.initialize!
      run Shop
    RUBY
  end

  def test_mounted
    serve_endpoint(app) { |server| assert_served(server) }
  end
end
