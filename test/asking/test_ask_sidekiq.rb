# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/command_line"
require "support/redis"

# A server of Sidekiq that is asked by its own list of signals in Redis.
class TestAskSidekiq < HeapDumpTest
  include CommandLine

  APP = <<~'RUBY'
    require "heapdump"
    require "sidekiq"
    require "sidekiq/launcher"

    Sidekiq::Launcher.send(:remove_const, :BEAT_PAUSE)
    Sidekiq::Launcher::BEAT_PAUSE = 0.5 # instead of 10 s
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    HeapDump.watch(to: ENV.fetch("HEAPS")) { |on| } # HEAPDUMP_ASK says who asks
  RUBY

  def setup
    super
    skip "SKIPPED: no Redis server here (apt-get install redis-server)" unless Redis.program
    File.chmod(0o755, scratch) # Redis runs as a user of its own
    @redis = Redis.new("#{scratch}/redis")
    File.write("#{scratch}/app.rb", APP)
  end

  def address
    "sidekiq:#{@redis.url}"
  end

  def teardown
    ENV.delete("REDIS_URL")
    super
  end

  # Yields the process' number while the server runs.
  def serve
    env = { "REDIS_URL" => @redis.url, "HEAPS" => "#{scratch}/heaps", "HEAPDUMP_ASK" => address }
    pid = Process.spawn(env, *Child::RUBY, "-W0", "-I#{Child::ROOT}/lib", "-S", "sidekiq",
                        "-c", "1", "-r", "#{scratch}/app.rb", in: File::NULL,
                                                              %i[out err] => "#{scratch}/log")
    wait_until("Sidekiq has told Redis of itself") { call("SCARD", "processes") == 1 }
    yield pid
  rescue Minitest::Assertion
    warn File.read("#{scratch}/log")
    raise
  ensure
    Process.kill(:KILL, pid)
    Process.wait(pid)
  end

  def call(*command)
    @client ||= begin
      require "redis-client"
      RedisClient.config(url: @redis.url).new_client
    end
    @client.call(*command)
  end

  def manifests
    Dir.glob("#{scratch}/heaps/series-*/*.manifest.json")
  end

  def test_a_server
    @redis.run do
      serve do |pid|
        wait_until("the watch looks") { Dir.glob("#{scratch}/heaps/notes-*").any? }
        answer = heapdump!("ask", "--store", address, "--count", "3", "--dumps", "2", "--every",
                           "3")
        assert_equal 2, answer.lines.grep(/ pid #{pid}: has taken the signal for dump \d of 2/).size
        wait_until("two dumps") { manifests.size == 2 }
        manifest = JSON.parse(File.read(manifests.first))
        assert_equal [pid, "ask", "it was asked for by #{address}"],
                     manifest.values_at("pid", "rule", "why")
        assert_whole Dump.load(Dir.glob("#{scratch}/heaps/series-*/*.zst").first)
      end
    end
  end

  def info(identity, **fields)
    call("SADD", "processes", identity)
    call("HSET", identity, "info", JSON.generate({ hostname: "h-1", pid: 7, tag: "shop" }
                                                 .merge(fields)))
  end

  # What is not there, is a guest of another server, or has other words for itself.
  def test_whom_it_asks
    @redis.run do
      ENV["REDIS_URL"] = @redis.url
      answer = heapdump("ask", "--store", "sidekiq:")
      words = "knows no process of Sidekiq; is that the Redis they use?"
      assert_equal [1, "heapdump: sidekiq: #{words}\n"],
                   [answer.status, answer.err]
      info("a", hostname: "h-1", embedded: true)
      call("SADD", "processes", "gone")
      call("SADD", "processes", "strange")
      call("HSET", "strange", "info", "[]")
      call("SADD", "processes", "stranger")
      call("HSET", "stranger", "info", "\"text\"")
      answer = heapdump("ask", "--store", "sidekiq:", "--json")
      assert_equal 1, answer.status
      assert_equal [["h-1", 7, "refused"]],
                   answer.json["asked"].map { |one| one.values_at("host", "pid", "state") }
      answer = heapdump("ask", "--store", "sidekiq:", "--host", "x*")
      assert_equal [1, "heapdump: sidekiq: knows 1 process of Sidekiq, but none fits host x*\n"],
                   [answer.status, answer.err]
      assert_equal 0, call("EXISTS", "a-signals")
    end
  end

  def test_what_it_cannot_do
    [%w[--list], %w[--strings none], %w[--payload x], %w[--trace 1m]].each do |arguments|
      answer = heapdump("ask", "--store", "sidekiq:redis://127.0.0.1:9", *arguments)
      assert_equal 64, answer.status
      assert_match(/over Sidekiq's Redis there is no .*#{arguments.first}/, answer.err)
    end
  end

  def test_a_missing_library
    missing = -> { raise LoadError, "the gem is needed" }
    HeapDump::Asking::SidekiqSignals.stub(:load, missing) do
      answer = heapdump("ask", "--store", "sidekiq:redis://127.0.0.1:9")
      assert_equal [1, "heapdump: the gem is needed\n"], [answer.status, answer.err]
    end
  end

  def test_a_server_that_is_not_there
    ENV["HEAPDUMP_ASK"] = "sidekiq:redis://:topsecret@127.0.0.1:9/0"
    answer = heapdump("ask")
    assert_equal 1, answer.status
    assert_match(%r{\Aheapdump: sidekiq:redis://127.0.0.1:9/0: .*refused}i, answer.err)
    refute_match(/topsecret/, answer.err)
    answer = heapdump("ask", "--store", ENV.fetch("HEAPDUMP_ASK"))
    assert_equal 64, answer.status
  ensure
    ENV.delete("HEAPDUMP_ASK")
  end
end
