# frozen_string_literal: true

require "socket"
require "test_helper"
require "support/fleet"

# A directory as a bus, and what may be wrong with it: what lies in it, a full disk, other users.
class TestAskDirectory < HeapDumpTest
  include Fleet

  NOBODY = 65_534

  def asks
    "#{store}/asks"
  end

  # None of them keeps anybody from asking, or makes the watch wait.
  def test_what_somebody_put_there
    FileUtils.mkdir_p(asks)
    File.write("#{asks}/afile00", "x")
    %w[afifo00 alink00 adir000 asocket0 ahuge00].each { |name| Dir.mkdir("#{asks}/#{name}") }
    File.mkfifo("#{asks}/afifo00/request.json")
    File.symlink("request.json", "#{asks}/alink00/request.json")
    Dir.mkdir("#{asks}/adir000/request.json")
    UNIXServer.new("#{asks}/asocket0/request.json").close
    File.write("#{asks}/ahuge00/request.json", "[" * (1 << 20))
    asked = request
    File.mkfifo("#{asks}/#{asked.id}/other.jsonl")
    one = member(41)
    Timeout.timeout(20) { look_all([one]) }
    assert_empty said.grep(/nobody can ask|rule ask/)
    assert_equal [[41, "accepted"], [41, "taken"]], steps(asked)
    assert_equal [asked.id], bus.all.map(&:id)
  end

  # Another user may have made it so; root can read everything.
  def test_a_request_that_cannot_be_read
    File.chmod(0o755, scratch)
    one = request
    two = request
    FileUtils.chown_R(NOBODY, NOBODY, store) if Process.euid.zero?
    File.chmod(0, "#{asks}/#{one.id}/request.json")
    Process.wait(fork do
      Process::UID.change_privilege(NOBODY) if Process.euid.zero?
      exit!(bus.open(Time).map(&:id) == [two.id])
    end)
    assert_predicate Process.last_status, :success?
  end

  # As messages of errors may have them.
  def test_words_that_are_no_text
    asked = request
    one = member(41)
    one.engine.look
    one.begun.last.fail(HeapDump::WriteError.new("no \xFF \u20AC"))
    look_all([one])
    assert_equal [[41, "accepted"], [41, "failed"]], steps(asked)
    assert_match(/: no \\xFF \u20AC \(/, bus.steps(asked.id).last["words"])
    assert_predicate File.read(Dir["#{asks}/*/*.jsonl"].first), :ascii_only?
    assert_empty said.grep(/rule ask|look has failed/)
  end

  # Yields in a child that may write +bytes+ more to a file.
  def with_room(bytes)
    Process.wait(fork do
      trap(:XFSZ, "SIG_IGN")
      Process.setrlimit(:FSIZE, bytes)
      exit!(yield ? 0 : 1)
    end)
    assert_predicate Process.last_status, :success?
  end

  def who
    HeapDump::Asking::Who.new(app: "a", host: "h", pid: 7, life: "x")
  end

  def test_a_place_for_which_the_disk_is_too_full
    asked = request
    [0, 2].each do |bytes|
      with_room(bytes) do
        bus.claim(asked, who)
      rescue SystemCallError
        true
      end
    end
    assert_equal 1, bus.claim(asked, who)
    assert_equal "h-7-x", File.read("#{asks}/#{asked.id}/place-1")
  end

  # Half a line does not spoil the next one.
  def test_a_step_for_which_the_disk_is_too_full
    asked = request
    step = { n: 1, time: 1, app: "a", host: "h", pid: 7, life: "l", place: 1,
             state: "accepted" }
    with_room(20) do
      bus.tell(asked.id, who, step)
    rescue SystemCallError
      true
    end
    bus.tell(asked.id, who, step)
    assert_equal [[7, "accepted"]], steps(asked)
    bus.tell(asked.id, who, step) # whether it was told may be unknown
    bus.tell(asked.id, who, step.merge(n: 2, state: "left"))
    assert_equal [[7, "accepted"], [7, "left"]], steps(asked)
  end

  # What is told is not told again because a place cannot be given away.
  def test_a_place_that_cannot_be_given_away
    one = member(41, dry: true)
    one.engine.look
    bus = one.engine.instance_variable_get(:@rules).first.instance_variable_get(:@bus)
    fails = true
    bus.define_singleton_method(:free) { |*given| fails ? raise(Errno::EACCES) : super(*given) }
    asked = request
    3.times { look_all([one]) }
    lines = File.readlines("#{asks}/#{asked.id}/#{File.basename(Dir["#{asks}/*/*.jsonl"].first)}")
    assert_equal 2, lines.grep(/state/).size
    fails = false
    look_all([one])
    refute_path_exists "#{asks}/#{asked.id}/place-1"
  end

  # Each look would read them all.
  def test_requests_that_are_over_are_read_once
    old = HeapDump::Asking::Request.make(now: Time.now - 100, until: 50)
    bus.publish(old)
    2.times { assert_empty bus.open(Time) }
    fresh = HeapDump::Asking::Request.new(request.to_h.merge(id: old.id))
    File.write("#{asks}/#{old.id}/request.json", fresh.to_json)
    assert_equal 1, bus.open(Time).size
    FileUtils.rm_rf("#{asks}/#{old.id}")
    bus.open(Time)
    assert_empty bus.instance_variable_get(:@over)
  end

  # The owner of the directory puts a link in place of what root has made.
  LEADS_ELSEWHERE = <<~'RUBY'
    require "heapdump"
    require "heapdump/asking"
    store, victim = ARGV
    Dir.singleton_class.prepend(Module.new do
      define_method(:mkdir) do |path, *more|
        super(path, *more)
        next if path.end_with?("/asks")
        File.rename(path, "#{path}-away")
        File.symlink(victim, path)
      end
    end)
    bus = HeapDump::Asking::Address.parse("file:#{store}").bus
    begin
      bus.publish(HeapDump::Asking::Request.make)
    rescue Errno::EACCES
      print Process.euid, Process.egid, Process.groups == GROUPS
    end
  RUBY

  def test_root_is_not_led_elsewhere
    skip "SKIPPED: only root acts as another user" unless Process.euid.zero?
    File.chmod(0o755, scratch)
    File.chown(NOBODY, NOBODY, store)
    Dir.mkdir("#{scratch}/victim", 0o755)
    outcome = Child.ruby!("GROUPS = Process.groups\n#{LEADS_ELSEWHERE}", store, "#{scratch}/victim")
    assert_equal "00true", outcome.out
    assert_empty Dir.children("#{scratch}/victim")
    assert_equal 0, File.stat("#{scratch}/victim").uid
  end

  def test_what_root_makes_is_for_the_owner_of_the_directory
    skip "SKIPPED: only root acts as another user" unless Process.euid.zero?
    File.chmod(0o755, scratch)
    File.chown(NOBODY, NOBODY, store)
    asked = request
    bus.cancel(asked.id)
    made = Dir.glob("#{asks}/{,**/*}")
    assert_equal 4, made.size
    assert_equal [NOBODY], made.map { |path| File.stat(path).uid }.uniq
    assert_equal 0, Process.euid
  end
end
