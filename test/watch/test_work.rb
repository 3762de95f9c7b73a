# frozen_string_literal: true

require "test_helper"
require "support/watching"

# Counting jobs and requests.
class TestWork < HeapDumpTest
  include Watching

  def setup
    super
    work.reset
  end

  def teardown
    work.reset
    super
  end

  def work
    HeapDump::Work
  end

  def test_count
    3.times { work.count(:jobs, "HardJob") }
    work.count(:requests, "GET")
    assert_equal [3, 1, { "HardJob" => 3, "GET" => 1 }], [work.jobs, work.requests, work.totals]
    assert_equal({ "HardJob" => 3, "GET" => 1 }, work.since)
    work.count(:jobs, "HardJob")
    assert_equal({ "HardJob" => 1 }, work.since)
    assert_empty work.since
    assert_raises(ArgumentError) { work.count(:mails, "x") }
    work.count(:jobs)
    assert_equal 1, work.totals["other"]
  end

  # Nothing is lost.
  def test_many_threads
    threads = Array.new(8) do |i|
      Thread.new { 50_000.times { |n| work.count(:jobs, "job#{(i + n) % 5}") } }
    end
    threads.each(&:join)
    assert_equal [400_000, 400_000], [work.jobs, work.totals.values.sum]
  end

  # Which may take no lock.
  def test_in_a_signal_handler
    before = trap(:USR1) { work.count(:jobs, "handled") }
    Process.kill(:USR1, Process.pid)
    wait_until("it is counted") { work.totals == { "handled" => 1 } }
  ensure
    trap(:USR1, before || "DEFAULT")
  end

  def test_no_more_names_than_can_be_told
    2000.times { |i| work.count(:requests, "/#{i}") }
    work.count(:requests, "/5")
    assert_equal [1001, 1000, 2], [work.totals.size, *work.totals.values_at("other", "/5")]
  end

  # Each can be written into a note.
  def test_names_that_are_none
    names = ["\xFF", "\xFF".b, "é".encode("UTF-16LE"), "x".dup.force_encoding("UTF-7"), nil, :a,
             "y" * 10_000]
    2.times { names.each { |name| work.count(:jobs, name) } }
    assert_equal 14, work.totals.values.sum
    assert_equal({ "\uFFFD" => 4, "é" => 2, "other" => 2, "" => 2, "a" => 2, ("y" * 200) => 2 },
                 work.totals)
    look(engine)
    assert_empty said
    assert_includes File.read(Dir.glob("#{heaps}/notes-*").first), "\uFFFD"
  end

  def call(env, &app)
    app ||= ->(_) { [200, {}, []] }
    HeapDump::Rack::Count.new(app).call(env)
  end

  def test_requests
    assert_equal [200, {}, []], call({ "REQUEST_METHOD" => "GET", "PATH_INFO" => "/secret" })
    call({ "REQUEST_METHOD" => "GET", "sinatra.route" => "GET /users/:id" })
    parameters = { controller: "orders", action: "show", id: 7 }
    call({ "REQUEST_METHOD" => "GET" }) do |env|
      env["action_dispatch.request.path_parameters"] = parameters
    end
    assert_raises(IOError) { call({ "REQUEST_METHOD" => "PUT" }) { raise IOError } }
    call({})
    call({ "REQUEST_METHOD" => "FROB" })
    assert_equal({ "GET" => 1, "GET /users/:id" => 1, "orders#show" => 1, "PUT" => 1,
                   "other" => 2 }, work.totals)
    assert_equal 6, work.requests
  end

  # The answer of the application comes through, whatever is in the way of its name.
  def test_requests_whose_route_is_strange
    [{ controller: "ü", action: "\xFF".b }, "no parameters", []].each do |parameters|
      env = { "REQUEST_METHOD" => "GET", "action_dispatch.request.path_parameters" => parameters }
      assert_equal [200, {}, []], call(env)
    end
    assert_equal({ "other" => 1, "GET" => 2 }, work.totals)
  end

  def test_jobs_of_sidekiq
    one = HeapDump::Sidekiq.new
    assert_equal 5, one.call(Object.new, { "class" => "HardJob" }, "default") { 5 }
    wrapper = { "class" => "Sidekiq::ActiveJob::Wrapper", "wrapped" => "MailJob" }
    assert_raises(IOError) { one.call(Object.new, wrapper, "default") { raise IOError } }
    assert_equal({ "HardJob" => 1, "MailJob" => 1 }, work.totals)
  end

  def test_jobs_of_active_job
    out = Child.ruby!(<<~RUBY, gems: true).out
      require "heapdump"
      require "active_job"
      ActiveJob::Base.logger = nil
      ActiveJob::Base.include HeapDump::ActiveJob
      class GoodJob < ActiveJob::Base; def perform(n) = n; end
      class BadJob < ActiveJob::Base; def perform = raise(IOError); end
      2.times { |i| GoodJob.perform_now(i) }
      BadJob.perform_now rescue p $!.class
      p HeapDump::Work.totals == { "GoodJob" => 2, "BadJob" => 1 }, HeapDump::Work.jobs
    RUBY
    assert_equal %w[IOError true 3], out.split
  end

  # What users did by hand: a dump each thousand jobs.
  def test_a_dump_each_thousand_jobs
    watch = engine(name: "heap-%{pid}-%{unixtime}-%{count}.dump", cooldown: 0) do |on|
      on.every jobs: 1000
    end
    look(watch)
    2500.times do |i|
      work.count(:jobs, "HardJob")
      next unless (i % 100).zero?

      machine.pass(10)
      look(watch)
      finish_any(watch)
    end
    names = begun.map { |dump| File.basename(dump.path) }
    assert_equal [1, 2], names.map { |name| name[/\Aheap-40-\d{10}-(\d)\.dump\z/, 1].to_i }
    manifest = JSON.parse(File.read("#{begun.last.path}.manifest.json"))
    assert_equal({ "HardJob" => 2001 }, manifest["work"])
    notes = File.readlines(Dir.glob("#{heaps}/notes-*").first).map { |line| JSON.parse(line) }
    assert_equal work.totals["HardJob"], 2500
    assert_equal notes.last["jobs"], notes.sum { |line| line.dig("work", "HardJob").to_i }
  end

  # A child has done nothing yet.
  def test_forked_children
    out = Child.ruby!(<<~RUBY, scratch).out
      require "heapdump"
      HeapDump.watch(to: ARGV[0])
      HeapDump::Work.count(:jobs, "a")
      Process.wait(fork { p HeapDump::Work.jobs })
      p HeapDump::Work.jobs
    RUBY
    assert_equal %w[0 1], out.split
  end
end
