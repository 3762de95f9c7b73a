# frozen_string_literal: true

require "test_helper"
require "support/redis"

# A server of Sidekiq, with Redis: jobs are counted by the middleware, a dump is made each so many,
# and the shutdown ends the watch. Which version of Sidekiq it is depends on the Ruby (Gemfile).
class TestSidekiq < HeapDumpTest
  APP = <<~'RUBY'
    require "heapdump"
    require "sidekiq"

    class HardJob
      include Sidekiq::Job
      sidekiq_options retry: false

      def perform(number) = number == 2 ? raise("a job that fails counts, too") : number
    end

    class MailJob
      include Sidekiq::Job

      def perform = nil
    end

    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    HeapDump::Watch::Engine.define_method(:pause) { 0.1 }
    HeapDump.watch(to: ENV.fetch("HEAPS"), settle: 0) { |on| on.every jobs: 7 }
    Sidekiq.configure_server do |config|
      config.server_middleware { |chain| chain.prepend HeapDump::Sidekiq }
      config.on(:startup) do
        5.times { |number| HardJob.perform_async(number) }
        2.times { MailJob.perform_async }
      end
      config.on(:shutdown) { HeapDump::Watch.current&.close }
    end
  RUBY

  def setup
    super
    skip "SKIPPED: no Redis server here (apt-get install redis-server)" unless Redis.program
    File.chmod(0o755, scratch) # Redis runs as a user of its own
    File.write("#{scratch}/app.rb", APP)
  end

  # Yields while the server runs, and returns how it has ended.
  def serve
    redis = Redis.new("#{scratch}/redis")
    redis.run do
      env = { "REDIS_URL" => redis.url, "HEAPS" => "#{scratch}/heaps" }
      pid = Process.spawn(env, *Child::RUBY, "-W0", "-I#{Child::ROOT}/lib", "-S", "sidekiq",
                          "-c", "2", "-r", "#{scratch}/app.rb", in: File::NULL,
                                                                %i[out err] => "#{scratch}/log")
      yield
      Process.kill(:TERM, pid)
      status = Timeout.timeout(60 * Child::PATIENCE) { Process.wait2(pid).last }
      pid = nil
      status
    rescue Minitest::Assertion
      warn File.read("#{scratch}/log")
      raise
    ensure
      pid && Process.kill(:KILL, pid) && Process.wait(pid)
    end
  end

  def files(pattern)
    Dir.glob("#{scratch}/heaps/#{pattern}")
  end

  def test_jobs_are_counted
    status = serve { wait_until("a dump is there") { files("series-*/*.manifest.json").any? } }
    log = File.read("#{scratch}/log")
    assert_predicate status, :success?, log
    manifest = JSON.parse(File.read(files("series-*/*.manifest.json").first))
    assert_equal [{ "HardJob" => 5, "MailJob" => 2 }, "every", "it is time: every 7 jobs"],
                 manifest.values_at("work", "rule", "why")
    lines = File.readlines(files("notes-*").first).map { |line| JSON.parse(line) }
    assert_equal ["end"], lines.last.keys, log
    dump = assert_whole Dump.load(files("series-*/*.zst").first)
    refute_empty dump.select("CLASS", name: "HardJob")
  end
end
