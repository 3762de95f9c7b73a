# frozen_string_literal: true

require "objspace"
require "test_helper"
require "English"
require "minitest/mock"
require "support/fleet"
require "heapdump/cli"
require "heapdump/cli/ask_lines"

# A fleet whose processes are asked over a shared directory: who dumps, how often, and what is told.
class TestFleet < HeapDumpTest
  include Fleet

  def test_as_many_processes_as_were_asked
    [1, 2, 5].each do |count|
      members = (41..45).map { |pid| member(pid, host: "web-#{count}") }
      asked = request(count: count, host: "web-#{count}")
      3.times { look_all(members, 10) }
      assert_equal count, members.sum { |one| one.begun.size }
      assert_equal "done", progress(asked).state(Time.now)
      assert_equal count, progress(asked).through
    end
  end

  def test_several_dumps_of_one_process
    members = [member(41), member(42)]
    asked = request(dumps: 3, every: 600)
    look_all(members)
    assert_equal [1, 0], members.map { |one| one.begun.size }
    look_all(members, 590)
    assert_equal [1, 0], members.map { |one| one.begun.size }
    look_all(members, 20)
    look_all(members, 610)
    look_all(members, 610)
    assert_equal [3, 0], members.map { |one| one.begun.size }
    assert_equal [[41, "accepted"], *[[41, "taken"]] * 3], steps(asked)
    taken = bus.steps(asked.id).last
    assert_equal [3, members[0].begun.last.path, 3, 1000, 0.01],
                 taken.values_at("dump", "path", "objects", "bytes", "pause")
  end

  # The place of who refuses is taken by another one, and the reason can be read.
  def test_a_refusal
    full = member(41, dry: true)
    other = member(42)
    asked = request
    look_all([full, other], 10)
    look_all([full, other], 10)
    assert_equal [[41, "accepted"], [41, "refused"], [42, "accepted"], [42, "taken"]], steps(asked)
    assert_equal "this is a dry run", bus.steps(asked.id)[1]["words"]
    assert_equal [1, 1], [progress(asked).taken, progress(asked).refused]
  end

  def test_a_guard_refuses
    one = member(41)
    use(990)
    asked = request
    look_all([one], 10)
    assert_equal [[41, "accepted"], [41, "refused"]], steps(asked)
    assert_match(/10\.0 MiB of memory are left/, bus.steps(asked.id).last["words"])
    use(100)
    look_all([one], 10)
    assert_equal 2, steps(asked).size, "it is not asked twice"
    assert_equal [1, "open"], [progress(asked).refused, progress(asked).state(Time.now)]
  end

  def test_a_dump_that_fails
    one = member(41)
    other = member(42)
    asked = request
    one.engine.look
    one.begun.last.fail(HeapDump::WriteError.new("the disk is full"))
    one.engine.look
    look_all([other])
    assert_equal [[41, "accepted"], [41, "failed"], [42, "accepted"], [42, "taken"]], steps(asked)
  end

  def test_whom_it_is_for
    ENV["HEAPDUMP_ROLE"] = "web"
    members = [member(41, host: "a-1"), member(42, host: "b-1")]
    { { host: "b-*" } => [0, 1], { pid: 41 } => [1, 0], { app: "nobody" } => [0, 0],
      { app: HeapDump::Watch::Names.app, role: "w?b", count: 5 } => [1, 1],
      { role: "worker" } => [0, 0] }.each do |given, dumps|
      before = members.map { |one| one.begun.size }
      asked = request(**given)
      2.times { look_all(members, 10) }
      assert_equal dumps, members.map { |one| one.begun.size }.zip(before).map { |a, b| a - b },
                   given.inspect
      bus.cancel(asked.id)
    end
  ensure
    ENV.delete("HEAPDUMP_ROLE")
  end

  def test_cancelled
    one = member(41)
    asked = request(dumps: 3, every: 60)
    look_all([one])
    assert bus.cancel(asked.id)
    look_all([one], 70)
    assert_equal 1, one.begun.size
    assert_equal [[41, "accepted"], [41, "taken"], [41, "cancelled"]], steps(asked)
    assert_equal ["cancelled", true],
                 [progress(asked).state(Time.now), progress(asked).ended?(Time.now)]
    refute bus.cancel("abcdef0")
  end

  # The dump belongs to the request for which it was begun, and nobody waits for more of it.
  def test_cancelled_while_it_dumps
    one = member(41)
    first = request(dumps: 3)
    one.engine.look
    bus.cancel(first.id)
    one.engine.look
    second = request
    2.times { one.engine.look }
    one.begun.last.finish
    one.engine.look
    assert_equal [[41, "accepted"], [41, "cancelled"], [41, "taken"]], steps(first)
    assert_equal ["cancelled", true, 1], [progress(first).state(Time.now),
                                          progress(first).ended?(Time.now), progress(first).taken]
    assert_equal [[41, "accepted"]], steps(second)
    look_all([one])
    assert_equal [[41, "accepted"], [41, "taken"]], steps(second)
    assert_equal [first.id, second.id], one.begun.map { |pending| asked_for(pending) }
  end

  def asked_for(pending)
    JSON.parse(File.read("#{pending.path}.manifest.json")).dig("ask", "id")
  end

  # In a container each life of a process has the number 1.
  def test_the_next_life_of_a_process
    asked = request(dumps: 2, every: 60)
    one = member(1)
    look_all([one])
    one.engine.close
    other = member(1)
    look_all([other])
    out = StringIO.new
    HeapDump::CLI::AskLines.new(HeapDump::Terminal::Screen.new(out), asked)
                           .more(bus.steps(asked.id))
    assert_equal 2, out.string.scan(": 1 of 2 taken").size
    assert_equal 1, progress(asked).under_way
  end

  def test_nobody_begins_when_it_is_over
    asked = HeapDump::Asking::Request.make(now: Time.now - 100, until: 50)
    bus.publish(asked)
    one = member(41)
    look_all([one])
    assert_empty one.begun
    assert_equal ["over", true], [progress(asked).state(Time.now), progress(asked).ended?(Time.now)]
  end

  # Whoever ends gives its place to another one.
  def test_a_process_that_ends
    members = [member(41), member(42)]
    asked = request(dumps: 2, every: 60)
    look_all(members)
    members[0].engine.close
    look_all(members[1..])
    look_all(members[1..], 70)
    assert_equal [1, 2], members.map { |one| one.begun.size }
    assert_equal 1, progress(asked).through
  end

  def test_a_process_that_is_not_wanted_any_more
    wanted = true
    members = [member(41, only: ->(_) { wanted }), member(42)]
    asked = request(dumps: 2, every: 60)
    look_all(members)
    wanted = false
    look_all(members, 70)
    assert_equal [[41, "accepted"], [41, "taken"], [41, "left"], [42, "accepted"], [42, "taken"]],
                 steps(asked)
  end

  # Who can ask does not learn more than the watch would write.
  def test_contents_of_strings
    { %w[hash full] => nil, %w[hash 20] => nil, %w[hash none] => :none,
      ["hash", nil] => :hash, %w[full full] => :full, %w[full 20] => 20,
      %w[none hash] => nil, %w[none none] => :none, [20, "5"] => 5, [20, "21"] => nil,
      [20, "007"] => 7, [20, "hash"] => :hash }.each_with_index do |((own, asked), dumped), number|
      own = own.to_sym if own.is_a?(String)
      one = member(50 + number, strings: own)
      asked = request(strings: asked, pid: 50 + number)
      look_all([one])
      assert_equal [dumped].compact, one.begun.map { |pending| pending.options[:strings] }
      next if dumped

      assert_match(/\Astrings: \w+ is not allowed here; the watch has strings: #{own}\z/,
                   bus.steps(asked.id).last["words"])
    end
  end

  def test_the_payload
    seen = []
    one = member(41)
    one.engine.instance_variable_get(:@hooks) << ->(_, facts) { seen << facts.ask }
    asked = request(payload: "incident 7")
    look_all([one])
    assert_equal [{ id: asked.id, payload: "incident 7" }], seen
    manifest = JSON.parse(File.read("#{one.begun.last.path}.manifest.json"))
    assert_equal({ "id" => asked.id, "payload" => "incident 7" }, manifest["ask"])
  end

  # Traced before the dump, and not after the last one.
  def test_traced_allocations
    one = member(41)
    asked = request(trace: 30)
    look_all([one])
    assert_predicate HeapDump::Asking::Tracing, :on?
    assert_empty one.begun
    assert_equal "allocations are traced for 30 s before the first dump, and until the last one " \
                 "(request #{asked.id})", said.last
    look_all([one], 40)
    assert_equal 1, one.begun.size
    refute_predicate HeapDump::Asking::Tracing, :on?
    assert_equal ["allocations are not traced any more (request #{asked.id})"],
                 said.grep(/not traced/)
  end

  # As where Ruby has been upgraded since the process was started.
  def test_allocations_that_cannot_be_traced
    one = member(41)
    asked = request(trace: 30)
    HeapDump::Asking::Tracing.stub(:new, ->(*) { raise LoadError, "no such file" }) do
      5.times { look_all([one], 10) }
    end
    assert_equal [[41, "accepted"], [41, "refused"]], steps(asked)
    assert_equal "allocations cannot be traced: no such file", bus.steps(asked.id)[1]["words"]
    assert_empty one.engine.stats.to_h[:off]
    assert_empty one.begun
  end

  def test_tracing_ends_whatever_happens
    ends = { "cancelled" => ->(_, asked) { bus.cancel(asked.id) },
             "the end of the process" => ->(one, _) { one.engine.close },
             "a fork" => ->(one, _) { one.engine.forget },
             "a dump that nobody writes" => ->(one, _) { one.begun.clear } }
    ends.each_with_index do |(words, block), number|
      one = member(60 + number)
      asked = request(trace: 30, pid: 60 + number)
      one.engine.look
      assert_predicate HeapDump::Asking::Tracing, :on?, words
      block.call(one, asked)
      one.machine.pass(40)
      one.engine.look unless words.match?(/fork|end of/)
      one.machine.pass(600)
      one.engine.look unless words.match?(/fork|end of/)
      refute_predicate HeapDump::Asking::Tracing, :on?, words
    end
  end

  # Whoever ends a process may not wait for a bus.
  def test_the_end_does_not_wait_for_a_bus
    one = member(41)
    one.engine.look
    fleet = one.engine.instance_variable_get(:@rules).first
    noted = nil
    notes = File.join(scratch, "heaps-web-1-41", "notes-*")
    fleet.define_singleton_method(:close) do
      noted = Dir.glob(notes).map { |path| File.read(path).lines.last }
      raise "the bus is down"
    end
    one.engine.close
    assert_match(/"end"/, noted.join)
  end

  # Nobody forgets what was traced, and the places of those objects are used again.
  def test_what_was_traced_before
    ObjectSpace.trace_object_allocations_start
    objects = Array.new(10_000) { Object.new }
    ObjectSpace.trace_object_allocations_stop
    objects.clear
    GC.start
    assert_equal([false], Array.new(20_000) { HeapDump::Asking::Tracing.on? }.uniq)
  ensure
    ObjectSpace.trace_object_allocations_stop
    ObjectSpace.trace_object_allocations_clear
  end

  def test_the_applications_own_tracing_is_left_alone
    ObjectSpace.trace_object_allocations_start
    one = member(41)
    request(trace: 30)
    look_all([one])
    look_all([one], 40)
    assert_equal 1, one.begun.size
    assert_predicate HeapDump::Asking::Tracing, :on?
    assert_equal ["are traced already by the application"],
                 said.grep(/traced/).map { |line| line[/allocations (.*) \(/, 1] }
  ensure
    ObjectSpace.trace_object_allocations_stop
    ObjectSpace.trace_object_allocations_clear
  end

  # Told once, tried again, and told when it is there again.
  def test_a_bus_that_is_down
    FileUtils.mkdir_p("#{store}/asks")
    File.chmod(0o777, "#{store}/asks")
    one = member(41)
    3.times { look_all([one], 10) }
    assert_equal 1, said.grep(/nobody can ask for dumps by file:.*: .*can be written to by everyb/)
                        .size
    File.chmod(0o700, "#{store}/asks")
    asked = request
    look_all([one], 10)
    assert_equal 1, said.grep(/dumps can be asked for by file:.* again/).size
    assert_equal [[41, "accepted"], [41, "taken"]], steps(asked)
  end

  # Both ends can be compared, when nobody answers.
  def test_the_log_names_the_bus
    secret = "postgres://shop:secret@127.0.0.1:9/ops"
    { address => address, secret => "postgres://127.0.0.1:9/ops" }.each do |ask, name|
      member(41, ask: ask).engine.introduce
      assert_operator said.last, :end_with?, ", to be asked by #{name}"
    end
    engine(to: store) { |on| on.ask(address) }.introduce
    refute_match(/asked/, said.last)
  end

  # As a name that is misspelled, or a volume that is not there yet.
  def test_a_directory_that_is_not_there
    one = member(41, ask: "#{address}x")
    3.times { look_all([one], 10) }
    assert_equal ["nobody can ask for dumps by #{address}x: there is no such directory; it is " \
                  "tried again"], said
    FileUtils.mkdir_p("#{store}x")
    look_all([one], 10)
    assert_equal "dumps can be asked for by #{address}x again", said.last
  end

  # As the gem pg, removed after the watch was set up. It is told, and the rule is not looked at.
  def test_a_library_that_is_missing
    one = member(41, ask: "postgres://127.0.0.1:9/x")
    HeapDump::Asking::PostgresBus.stub(:load, -> { raise LoadError, "no pg" }) do
      4.times { look_all([one], 10) }
    end
    assert_equal ["the rule ask is off: no pg",
                  "no rule is left, so nothing will ever be dumped"], said
  end

  # What is no request is nobody's.
  def test_damaged_requests
    good = request
    whole = good.to_json
    texts = ["", "{", "[]", "null", "\xff", whole.sub('"version":1', '"version":2'),
             whole.sub('"count":1', '"count":1000'), whole.sub('"count":1', '"count":"1"'),
             whole.sub('"dumps":1', '"dumps":-1'), whole.sub('"every":600', '"every":null'),
             whole.sub(/"until":\d+/, '"until":1e99'), whole.sub(good.id, "../../x"),
             whole.sub("}", ',"payload":7}'), whole.sub("}", ',"host":["*"]}')]
    texts.each_with_index do |text, number|
      Dir.mkdir("#{store}/asks/damaged#{number}")
      File.binwrite("#{store}/asks/damaged#{number}/request.json", text)
      assert_nil HeapDump::Asking::Request.read(text), text
    end
    one = member(41)
    3.times { look_all([one], 10) }
    assert_equal 1, one.begun.size
    assert_equal [good.id], bus.all.map(&:id)
  end

  def test_two_rules_for_one_bus_are_one
    tree.process(41)
    on = HeapDump::Watch::On.new(store)
    on.usual
    2.times { on.ask(address) }
    assert_equal 1, on.rules.grep(HeapDump::Watch::Rules::Fleet).size
  end

  # Exact, although all of them reach for a place at the same moment.
  def test_claims_of_many_processes
    asked = request(count: 3)
    read, write = IO.pipe
    pids = Array.new(12) do |number|
      fork do
        write.close
        read.read # until the parent closes its end
        who = HeapDump::Asking::Who.new(host: "h", pid: number, life: "x")
        exit!(HeapDump::Asking::Address.parse(address).bus.claim(asked, who) || 0)
      end
    end
    write.close
    places = pids.map { |pid| Process.wait2(pid).last.exitstatus }
    assert_equal [1, 2, 3], places.reject(&:zero?).sort
  ensure
    read&.close
  end

  # A place that cannot be written is not taken.
  def test_a_full_disk
    asked = request
    Process.wait(fork do
      trap(:XFSZ, "IGNORE")
      Process.setrlimit(:FSIZE, 0)
      bus.claim(asked, HeapDump::Asking::Who.new(host: "h", pid: 1, life: "x"))
    rescue Errno::EFBIG
      exit!(7)
    ensure
      exit!(1)
    end)
    assert_equal 7, $CHILD_STATUS.exitstatus
    look_all([member(41)])
    assert_equal [[41, "accepted"], [41, "taken"]], steps(asked)
  end

  def test_old_requests_are_removed
    old = HeapDump::Asking::Request.make(now: Time.now - (9 * 86_400))
    bus.publish(old)
    assert_equal [old.id], bus.all.map(&:id)
    asked = request
    assert_equal [asked.id], bus.all.map(&:id)
  end
end
