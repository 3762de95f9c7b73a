# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/web_client"

# Slow questions: what a job says of itself, which of them run, and when they are stopped.
class TestJobs < HeapDumpTest
  include GrownDumps

  Jobs = HeapDump::Web::Jobs
  Refusal = HeapDump::Web::Refusal

  # A question that is answered when the test wants it.
  class Slow
    attr_reader :key, :opened, :ended, :gate, :kept_for

    def initialize(key, *opened, slow: true, kept_for: nil)
      @kept_for = kept_for
      @key = key
      @opened = opened
      @slow = slow
      @gate = Queue.new
    end

    def slow?
      @slow
    end

    def progress
      ["thinking", 3, 9]
    end

    def answer
      given = gate.pop
      raise given if given.is_a?(Exception)

      { given: given }
    ensure
      @ended = true
    end
  end

  def teardown
    @slow&.each { |question| question.gate.close }
    super
  end

  def slow(key, *opened, **options)
    Slow.new(key, *opened, **options).tap { |question| (@slow ||= []) << question }
  end

  def states(*jobs)
    jobs.map(&:state)
  end

  def refusal(&)
    assert_raises(Refusal, &)
  end

  def test_what_takes_long_is_answered_later
    client = WebClient.new([dump { |made| made.constant("TEXT", made.string("x")) }])
    client.web.dumps.open_all
    id = client.ids.first
    gate = Queue.new
    duplicates = HeapDump::Snapshot::Duplicates
    original = duplicates.method(:of)
    duplicates.stub(:of, ->(*arguments) { gate.pop && original.call(*arguments) }) do
      answer = client.get("/api/v1/strings?dump=#{id}", SCRIPT_NAME: "/admin")
      assert_equal [202, "1"], [answer.status, answer.headers["retry-after"]]
      job = answer.json["job"]
      assert_equal ["running", "/admin/api/v1/job?id=#{job["id"]}"], job.values_at("state", "ask")
      assert_equal 202, client.get("/api/v1/job?id=#{job["id"]}").status
      gate << true
      assert_equal 1, client.ask!("job", id: job["id"])["strings"]
      # the same question has the same job, which is done
      assert_equal 1, client.get("/api/v1/strings?dump=#{id}").json["strings"]
    end
  end

  # Whatever it is.
  def test_no_question_holds_up_a_request
    client = WebClient.new([dump { |made| made.constant("TEXT", made.string("x")) }])
    client.web.dumps.open_all
    id = client.ids.first
    gate = Queue.new
    HeapDump::Snapshot::Aside.stub(:of, ->(*) { gate.pop }) do
      assert_equal 202, client.get("/api/v1/summary?dump=#{id}").status
      assert client.ask!("find", dump: id)
      gate << { kept: 1 }
      assert_equal({ "kept" => 1 }, client.ask!("summary", dump: id)["besides"])
    end
  end

  def test_leaks_are_those_of_the_library
    paths = grown(10, 30, 60)
    client = WebClient.new(paths)
    client.web.dumps.open_all
    expected = JSON.parse(JSON.generate(HeapDump.leaks(*paths).to_h)).except("schema_version")
    answer = client.ask!("leaks", dumps: client.ids.join(","), values: 1)
    words = answer["suspects"].map { |suspect| suspect.delete("words") }
    assert_equal expected, answer.except("left_out", "schema_version", "sentence")
    assert_equal "1 leak found in 3 dumps: Session (+6.8 KiB).", answer["sentence"]
    assert_words words.first, HeapDump.leaks(*paths).first
    assert_equal({ "suspects" => 0, "cleared" => 0 }, answer["left_out"])
    none = client.ask!("leaks", dumps: client.ids.join(","), limit: 0)
    assert_equal [[], { "suspects" => 1, "cleared" => 0 }], none.values_at("suspects", "left_out")
  end

  # What is said of a suspect in sentences.
  def assert_words(words, suspect)
    assert_match(/\ASession grows: 10 → 30 → 60 objects in 3 dumps/, words["sentence"])
    assert_match(%r{\A/app/store.rb:3: }, words["place"])
    assert_equal suspect.holder, words["held"]
    assert_equal suspect.path.target.to_s, words["address"]
    assert_equal suspect.path.target.to_s, words["path"].last["address"]
    assert_equal ["grows behind this reference: 10 → 30 → 60 entries"],
                 words["path"].filter_map { |item| item["mark"] }
    assert_equal words["sentence"], words["ticket"].first
    assert_includes words["ticket"], "Signature: #{suspect.signature}"
  end

  def test_what_a_job_says_of_itself
    job = Jobs.new.ask(question = slow("a"))
    wait_until("it runs") { job.state == :running }
    assert_equal({ id: job.id, state: "running", work: "thinking", done: 3, of: 9 }, job.to_h)
    assert_match(/\A\h{32}\z/, job.id)
    question.gate << 7
    wait_until("it is done") { job.ended? && job.ended_at }
    assert_equal({ "schema_version" => 1, "given" => 7 }, JSON.parse(job.result))
    assert_empty job.dumps, "it keeps the dumps"
  end

  def test_the_same_question_is_worked_out_once
    jobs = Jobs.new
    job = jobs.ask(question = slow("a"))
    assert_same job, jobs.ask(slow("a"))
    refute_same job, jobs.ask(slow("b"))
    question.gate << 1
    wait_until("it is done") { job.result }
    assert_same job, jobs.ask(slow("a"))
    assert_same job, jobs.find(job.id)
    refute_equal job.id, Jobs.new.ask(slow("a")).id, "an id can be guessed"
  end

  def test_one_at_a_time_for_each_dump
    jobs = Jobs.new
    questions = [%w[a 1], %w[b 1 2], %w[c 2], %w[d 3]].map { |key, *dumps| slow(key, *dumps) }
    a, b, c, d = questions.map { |question| jobs.ask(question) }
    assert_equal %i[running waiting running waiting], states(a, b, c, d)
    questions[0].gate << 1
    wait_until("the next one runs") { d.state == :running }
    assert_equal %i[done waiting running running], states(a, b, c, d)
    questions[2].gate << 1
    wait_until("the one that waited runs") { b.state == :running }
  end

  # A slow one holds up no other.
  def test_quick_questions_need_not_wait_for_their_turn
    jobs = Jobs.new
    busy = Array.new(3) { |i| jobs.ask(slow(i.to_s, :dump)) }
    assert_equal %i[running waiting waiting], states(*busy)
    quick = slow("quick", :dump, slow: false)
    quick.gate << 1
    assert_equal({ "schema_version" => 1, "given" => 1 }, JSON.parse(jobs.ask(quick).result))
    assert_equal :running, jobs.ask(slow("hung", :dump, slow: false)).state
  end

  def test_what_may_become_another_answer_is_kept_for_a_shorter_time
    jobs = Jobs.new
    kept, fresh = [slow("a"), slow("b", kept_for: 0)].map do |question|
      jobs.ask(question).tap do |job|
        sleep Jobs::WORTH
        question.gate << 1
        wait_until("it is done") { job.ended_at }
      end
    end
    assert_same kept, jobs.ask(slow("a"))
    refute_same fresh, jobs.ask(slow("b"))
  end

  # It costs less to work it out again.
  def test_what_was_quick_is_not_kept
    jobs = Jobs.new
    jobs.ask(quick = slow("quick", slow: false).tap { |question| question.gate << 1 })
    again = slow("quick", slow: false)
    again.gate << 2
    assert_equal 2, JSON.parse(jobs.ask(again).result)["given"]
    assert quick.ended
  end

  def test_only_so_many
    jobs = Jobs.new
    questions = Array.new(Jobs::MOST_SLOW) { |i| slow(i.to_s) }
    all = questions.map { |question| jobs.ask(question) }
    assert_equal Jobs::AT_ONCE, all.count { |job| job.state == :running }
    busy = refusal { jobs.ask(slow("more")) }
    assert_equal [503, "too_many_jobs"], [busy.status, busy.code]
    others = Array.new(Jobs::MOST) { |i| slow("other #{i}", slow: false) }
    others.map { |question| Thread.new { jobs.ask(question) } }.each(&:join)
    assert_equal "too_many_jobs", refusal { jobs.ask(slow("one more", slow: false)) }.code
    assert_same all.first, jobs.ask(slow("0")), "a job that is there is told"
    questions.first.gate << 1
    wait_until("one is done") { all.first.result }
    assert jobs.ask(slow("more"))
  end

  def test_what_nobody_asks_for_is_stopped
    jobs = Jobs.new(patience: 0.3)
    questions = [slow("a", :dump), slow("b", :dump), slow("c")]
    forgotten, waiting, asked = questions.map { |question| jobs.ask(question) }
    deadline = now + 0.9
    while now < deadline
      jobs.find(asked.id)
      sleep 0.02
    end
    assert_equal %i[stopped stopped running], states(forgotten, waiting, asked)
    assert_equal [true, nil], questions.values_at(0, 2).map(&:ended)
    [forgotten, waiting].each do |job|
      assert_equal "no_such_job", refusal { jobs.find(job.id) }.code
    end
    again = jobs.ask(slow("a", :dump))
    refute_same forgotten, again
    assert_equal :running, again.state
  end

  # No regular expression goes on for ever.
  def test_a_search_without_end_is_stopped
    path = dump { |made| made.constant("TEXT", made.string("#{"a" * 60}!")) }
    dumps = HeapDump::Web::Dumps.new([path])
    dumps.open_all # the search alone is to be told of
    find = HeapDump::Web::Questions::Find
    query = URI.encode_www_form(dump: dumps.all.first.id, pattern: '\A(a+)+\1?\z')
    given = HeapDump::Web::Parameters.new(find.parameters).read(query)
    jobs = Jobs.new(patience: 0.2)
    job = jobs.ask(find.new(given, dumps, jobs))
    wait_until("it is stopped") { job.state == :stopped && job.ended_at }
  end

  # Threads of jobs do not outlast them.
  def test_no_thread_is_left
    before = Thread.list.size
    jobs = Jobs.new(patience: 0.1)
    3.times { |i| jobs.ask(slow(i.to_s)) }
    wait_until("all threads are gone") { Thread.list.size <= before }
  end

  def test_what_fails_is_told_once
    jobs = Jobs.new
    { HeapDump::NotFound.new("no such class") => [422, "no_answer", "no such class"],
      Refusal.new(404, "not_found", "nothing") => [404, "not_found", "nothing"],
      NoMemoryError.new => [503, "no_memory", "there is not enough memory for this question"],
      RuntimeError.new("secret") => [500, "failed", "this question could not be answered"],
      SystemStackError.new => [500, "failed", "this question could not be answered"],
      NotImplementedError.new => [500, "failed", "this question could not be answered"] }
      .each do |error, expected|
      job = jobs.ask(question = slow("a"))
      question.gate << error
      wait_until("it has failed") { job.refusal }
      told = refusal { jobs.ask(slow("a")) }
      assert_equal expected, [told.status, told.code, told.message]
      refute_same job, again = jobs.ask(second = slow("a"))
      second.gate << 1
      wait_until("the new one is done") { again.ended_at }
      jobs = Jobs.new
    end
  end

  # Whoever waited for it may come late.
  def test_who_is_told_of_a_failure_forgets_no_other_job
    jobs = Jobs.new
    failed = jobs.ask(question = slow("a"))
    question.gate << RuntimeError.new
    wait_until("it has failed") { failed.refusal }
    refusal { jobs.find(failed.id) }
    again = jobs.ask(slow("a"))
    refusal { jobs.send(:told, failed) }
    assert_same again, jobs.find(failed.id)
  end

  # It would stay for ever, and so would its dumps.
  def test_the_end_of_a_job_is_noted_although_it_is_stopped_meanwhile
    job = HeapDump::Web::Job.new("id", question = slow("a"))
    ending, gate, ended = Array.new(3) { Queue.new }
    job.start(now) do
      ending << true
      ended << gate.pop
    end
    question.gate << 1
    ending.pop
    job.stop
    gate << true
    wait_until("its end is noted") { !ended.empty? }
  end

  # As where a server forks after the first request: no thread goes on in the new process.
  def test_a_process_that_is_forked_meanwhile
    jobs = Jobs.new
    slow_ones = Array.new(Jobs::AT_ONCE) { |i| jobs.ask(slow(i.to_s)) }
    child = fork do
      told = refusal { jobs.find(slow_ones.first.id) }
      again = jobs.ask(question = slow("0"))
      question.gate << 7
      exit!(told.code == "no_such_job" && again.wait(10) && !again.result.nil?)
    ensure
      exit!
    end
    assert_predicate Process.wait2(child).last, :success?
  end

  def test_a_fault_in_a_job_is_told_to_whoever_runs_the_server
    client = WebClient.new([dump { |made| made.constant("TEXT", made.string("x")) }])
    client.web.dumps.open_all
    HeapDump::Snapshot::Duplicates.stub(:of, ->(*) { raise "a fault" }) do
      answer = client.ask("strings", dump: client.ids.first)
      assert_equal [500, "failed"], [answer.status, answer.code]
      refute_includes answer.body, "fault"
    end
    assert_match(/a fault/, client.errors.string)
  end

  def test_answers_are_kept_for_a_while
    jobs = Jobs.new(kept: 0.2)
    job = jobs.ask(question = slow("a"))
    question.gate << 1
    wait_until("it is done") { job.ended_at }
    assert_same job, jobs.find(job.id)
    sleep 0.3
    assert_equal "no_such_job", refusal { jobs.find(job.id) }.code
  end

  def test_the_oldest_answers_make_room
    jobs = Jobs.new(kept_bytes: 2500)
    done = Array.new(4) do |i|
      job = jobs.ask(question = slow(i.to_s))
      question.gate << ("x" * 1000)
      wait_until("it is done") { job.ended_at }
      job
    end
    kept = done.select do |job|
      jobs.find(job.id)
    rescue Refusal
      false
    end
    assert_equal done.last(2), kept
  end
end
