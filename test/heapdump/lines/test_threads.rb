# frozen_string_literal: true

require "test_helper"

# Threads and fibers: state, variables, frames with their locals.
class TestThreads < HeapDumpTest
  include Planted

  SOURCE = File.expand_path("../../support/nasty_heap/threads.rb", __dir__)

  def test_threads_and_fibers_are_as_planted
    assert_family "Threads"
  end

  def test_thread_variables_are_in_a_hash
    variables = dump[with_variables(planted(:thread_sleeping), dump).dig("ivars", "locals")]
    held = context_of(planted(:thread_sleeping)).fetch("fiber_locals").fetch("current_user")
    assert_equal [[":log", held], [":level", ":debug"]], variables.fetch("entries")
  end

  def test_frames_of_a_sleeping_thread
    frames = context_of(planted(:thread_sleeping)).fetch("frames")
    labels = frames.map { |frame| frame["label"] || frame["method"] }
    work = frames.find { |frame| frame["label"] =~ /\bwork\z/ }
    assert work, "no frame of work in #{labels}"
    assert_equal SOURCE, work.fetch("file")
    assert_equal line_after("def work(request", "sleep"), work.fetch("line")
    assert_operator labels.index("sleep"), :<, frames.index(work)
    outside = frames.find { |frame| frame["label"] =~ /block in .*sleeping\z/ }
    assert_operator frames.index(work), :<, frames.index(outside)
    assert_equal outside.fetch("self"), work.fetch("self")
  end

  def test_locals_of_a_frame
    frames = context_of(planted(:thread_sleeping)).fetch("frames")
    work = frames.find { |frame| frame["label"] =~ /\bwork\z/ }
    locals = work.fetch("locals")
    assert_equal %w[request ready attempts answer], locals.keys
    assert_equal [3, nil], locals.values_at("attempts", "answer")
    assert_equal "a request", dump[locals.fetch("request")]["value"]
    assert_match(/Queue\z/, dump[locals.fetch("ready")]["class_name"])
  end

  def test_frames_of_c_functions_have_a_name
    frames = context_of(planted(:thread_sleeping)).fetch("frames")
    sleeping = frames.find { |frame| frame["method"] == "sleep" }
    assert sleeping, "no frame of sleep: #{frames.first(2)}"
    refute sleeping.key?("file")
  end

  def test_locals_that_a_block_captured_are_in_an_env
    frames = dump.each_object("\"frames\"").flat_map { |line| line["frames"].to_a }
    frame = frames.find { |found| found["label"] =~ /\Ablock in .*fiber_in_thread\z/ }
    env = dump[frame.fetch("env")]
    assert_equal "env", env["imemo_type"]
    assert_includes env.fetch("locals").keys, "ready"
    both = frames.select { |found| found.key?("env") && found.key?("locals") }
    assert_none both, "frames have both env and locals"
  end

  def test_all_frames_of_a_deep_stack
    frames = planted(:thread_deep).fetch("frames")
    assert_equal 201, frames.count { |frame| frame["label"] =~ /\bdescend\z/ }
    levels = frames.filter_map { |frame| frame.dig("locals", "level") }
    assert_equal (0..200).to_a, levels
    deep = Dumps.nasty.planted(:giant_stack).fetch("frames")
    assert_equal 5001, deep.count { |frame| frame["label"] =~ /\bdescend\z/ }
  end

  def test_the_thread_that_dumps_has_frames_too
    main = dump[Dumps.nasty.facts.fetch("running").first]
    assert_equal "run", main.fetch("status")
    frames = frames_of(main)
    assert(frames.any? { |frame| frame["label"] =~ /\blayers\z/ }, frames.inspect[0, 500])
    top = frames.find { |frame| frame["label"] == "<main>" }
    assert_equal "-e", top.fetch("file")
  end

  # What others have set on a thread that has not run yet. In process, because most of them still
  # wait for their first turn then.
  def test_fiber_locals_of_a_thread_that_has_not_run
    out = Child.ruby!(<<~'RUBY', File.join(scratch, "heap.json")).out
      require "heapdump"
      require "json"
      require "support/oracle"
      $stdout.sync = true
      Oracle.require_extension
      threads = Array.new(20) do |i|
        Thread.new { Thread.current[:ran] = true; sleep }.tap { |thread| thread[:set] = "set #{i}" }
      end
      HeapDump.dump(ARGV[0], fork: false, gc: false)
      lines = File.foreach(ARGV[0]).map { |line| JSON.parse(line) }
      lines = lines.to_h { |line| [line["address"], line] }
      threads.each do |thread|
        line = lines.fetch(Oracle.hex(thread))
        line = lines.fetch(line["fiber"]) if RUBY_VERSION >= "4.1" # see context_of
        set = Oracle.hex(thread[:set])
        puts line unless line.dig("fiber_locals", "set") == set && line["frames"].is_a?(Array)
      end
      puts threads.any? { |thread| lines[Oracle.hex(thread)]["frames"].empty? }
      exit!(0)
    RUBY
    assert_equal "true\n", out
  end

  def test_a_suspended_fiber_has_frames_and_locals
    frames = planted(:fiber_suspended).fetch("frames")
    block = frames.find { |frame| frame["label"] =~ /block in .*fibers\z/ }
    held = planted(:fiber_local)["address"]
    assert_equal held, block.fetch("locals").fetch("waiting")
    assert_equal line_after("Fiber.new do |argument|", "Fiber.yield"), block.fetch("line")
  end

  def test_a_fiber_that_runs_in_another_thread
    frames = planted(:fiber_resumed).fetch("frames") |
             planted(:thread_with_fiber).fetch("frames", [])
    values = frames.filter_map { |frame| frame.dig("locals", "mine") }
    assert_equal ["local of a resumed fiber"], values.map { |address| dump[address]["value"] }
  end

  def test_ended_threads_and_fibers_have_no_frames
    %i[thread_dead thread_failed fiber_terminated].each do |key|
      assert_empty planted(key).fetch("frames", []), key
    end
  end

  def test_one_thread_is_the_main_thread
    main = dump.select("DATA", struct: "VM/thread").select { |line| line["main"] }
    assert_equal 1, main.size
    assert_includes frames_of(main.first).map { |frame| frame["label"] }, "<main>"
  end

  def test_every_thread_has_a_status
    threads = dump.select("DATA", struct: "VM/thread")
    live = threads.reject { |line| line["status"] == "dead" }
    assert_operator live.size, :>=, 10
    allowed = ["run", "sleep", "aborting", "dead", nil]
    assert_empty threads.map { |line| line["status"] }.uniq - allowed
  end

  private

  # The line with what the stack of a thread holds: that of its fiber, where that is an object.
  def context_of(thread)
    thread["fiber"] ? dump[thread["fiber"]] : thread
  end

  # The frames of a thread stand on the line of its root fiber, where that is an object.
  def frames_of(thread)
    thread["frames"] || dump[thread.fetch("fiber")].fetch("frames")
  end

  def line_after(start, text)
    lines = File.readlines(SOURCE)
    first = lines.index { |line| line.include?(start) }
    first + lines.drop(first).index { |line| line.include?(text) } + 1
  end
end
