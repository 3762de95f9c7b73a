# frozen_string_literal: true

require "test_helper"
require "rack/lint"
require "rack/mock"
require "support/watching"

# Dumps that are asked for over HTTP: who is answered, and what.
class TestEndpoint < HeapDumpTest
  include Watching

  TOKEN = "0123456789abcdef" * 4

  # A dump that ends when the test says so.
  class Slow < Watching::Pending
    def wait
      sleep 0.001 until done?
    end
  end

  def dumper
    lambda do |path, **options|
      raise @dumper_fails if @dumper_fails

      begun << Slow.new(path, options)
      begun.last
    end
  end

  # None of them is left waiting.
  def teardown
    begun.each { |one| one.fail(HeapDump::Error.new("the test is over")) unless one.done? }
    super
  end

  # An endpoint of a machine that the test makes up.
  def endpoint(**options)
    HeapDump::Endpoint.new(token: TOKEN, to: heaps, logger: log, **options).tap do |app|
      given = HeapDump::Watch::Options.new({ to: heaps, logger: log, **options })
      app.instance_variable_set(:@dumping, HeapDump::Endpoint::Dumping.new(
                                             given, machine: machine, dumper: dumper
                                           ))
    end
  end

  def client(app)
    Rack::MockRequest.new(Rack::Lint.new(app))
  end

  def post(app, path = "/", token: TOKEN, **more)
    client(app).post(path, { "HTTP_X_HEAPDUMP_TOKEN" => token, script_name: "/admin/heap", **more })
  end

  def get(app, path, token: TOKEN)
    client(app).get(path, "HTTP_X_HEAPDUMP_TOKEN" => token)
  end

  def parsed(response)
    JSON.parse(response.body)
  end

  def code(response)
    parsed(response).dig("error", "code")
  end

  # The state of a dump when the endpoint has heard of its end.
  def written(app, place)
    wait_until("figures of the dump") do
      answer = parsed(get(app, place))
      answer if answer["objects"]
    end
  end

  def test_no_token_no_start
    [nil, "", "short", TOKEN[0, 31], :symbol, 42].each do |token|
      error = assert_raises(ArgumentError) { HeapDump::Endpoint.new(token: token) }
      assert_match(/\Atoken: has 32 characters or more/, error.message)
      refute_match(/short|0123/, error.message)
    end
    assert_raises(ArgumentError) { HeapDump::Endpoint.new }
  end

  def test_wrong_options_are_told_at_the_start
    { { every: 5 } => /unknown option every:; HeapDump::Endpoint takes token, to, /,
      { strings: :some } => /strings/, { to: "s3://bucket" } => /to: must be a directory/,
      { at_most: 0 } => /at_most:/ }.each do |options, words|
      error = assert_raises(ArgumentError) { HeapDump::Endpoint.new(token: TOKEN, **options) }
      assert_match words, error.message
    end
  end

  def test_without_the_token_nothing_is_told
    app = endpoint
    wrong = ["", TOKEN.chop, "#{TOKEN}0", TOKEN.upcase, TOKEN.sub(/.\z/, "x"),
             "\xFF".b * TOKEN.size, TOKEN.sub(/\A./, "x")]
    wrong.product(%w[GET POST PUT OPTIONS], ["/", "/a/b", "/a"]).each do |token, method, path|
      answer = client(app).request(method, path, "HTTP_X_HEAPDUMP_TOKEN" => token)
      assert_equal [401, "no_token"], [answer.status, code(answer)], [token, method, path].inspect
      refute_match(/#{machine.host}|#{TOKEN}|heaps/, answer.body)
    end
    assert_equal 401, client(app).post("/").status
    assert_equal 401, client(app).post("/?token=#{TOKEN}").status
    assert_empty begun
    refute_path_exists heaps
  end

  # As many steps wherever the first difference is, however Ruby counts them.
  def test_the_comparison_takes_as_long_wherever_they_differ
    token = HeapDump::Endpoint::Token.new(TOKEN)
    steps = [0, 31, 63].map do |position|
      given = TOKEN.dup.tap { |text| text[position] = "!" }
      count = 0
      trace = TracePoint.new(:c_call, :b_call, :call, :line) { count += 1 }
      trace.enable(target_thread: Thread.current) { refute token.same?(given) }
      count
    end
    assert_operator steps.first, :>, TOKEN.size
    assert_equal 1, steps.uniq.size, steps.inspect
    assert token.same?(TOKEN.dup)
  end

  def test_nobody_sees_the_token
    [endpoint, HeapDump::Endpoint::Token.new(TOKEN)].each do |one|
      refute_includes one.inspect, TOKEN[0, 8]
    end
  end

  def test_a_dump
    tree
    app = endpoint
    answer = post(app)
    assert_equal 202, answer.status
    fields = parsed(answer)
    assert_equal [40, "web-1", "writing"], fields.values_at("pid", "host", "state")
    assert_equal "/admin/heap/#{fields["id"]}", answer["location"]
    assert_equal({ gc: false, strings: :hash }, begun.first.options)
    FileUtils.touch("#{begun.first.path}.partial-77")
    assert_equal "writing", parsed(get(app, "/#{fields["id"]}"))["state"]
    FileUtils.rm("#{begun.first.path}.partial-77")

    begun.first.finish(bytes: 711)
    told = written(app, "/#{fields["id"]}")
    assert_equal ["written", begun.first.path, 711, 3, 0.5, 0.01],
                 told.values_at("state", "path", "bytes", "objects", "seconds", "pause")
    assert_equal %w[no-store nosniff], answer.headers.values_at("cache-control",
                                                                "x-content-type-options")
    assert_match(/because it was asked for over HTTP/, said.first)
  end

  def test_only_post_begins_a_dump
    app = endpoint
    %w[GET HEAD PUT DELETE PATCH OPTIONS].each do |method|
      answer = client(app).request(method, "/", "HTTP_X_HEAPDUMP_TOKEN" => TOKEN)
      assert_equal [405, "POST"], [answer.status, answer["allow"]]
    end
    answer = post(app, "/a/b")
    assert_equal [405, "GET"], [answer.status, answer["allow"]]
    assert_empty begun
  end

  def test_one_at_a_time
    tree
    app = endpoint
    post(app)
    answer = post(app)
    assert_equal [409, "busy", 40], [answer.status, code(answer), parsed(answer)["pid"]]
    begun.first.finish
    wait_until("the end is heard of") { post(app).status == 202 }
    assert_equal 2, begun.size
  end

  # Of all processes that dump into this directory.
  def test_one_at_a_time_in_a_directory
    tree
    Dir.mkdir(heaps)
    other = HeapDump::Watch::Lock.new(heaps)
    assert other.take
    assert_equal 409, post(endpoint).status
    other.release
    assert_equal 202, post(endpoint).status
  end

  # This process dumps already, by a signal.
  def test_a_dump_of_somebody_else
    tree
    @dumper_fails = HeapDump::Busy.new("a dump is running")
    assert_equal 409, post(endpoint).status
    @dumper_fails = nil
    assert_equal 202, post(endpoint).status
  end

  def assert_refused(reason, words, app = endpoint)
    answer = post(app)
    assert_equal [503, reason], [answer.status, code(answer)]
    assert_match words, parsed(answer)["error"]["message"]
    assert_empty begun
  end

  def test_guards
    use(970)
    assert_refused "headroom", /30\.0 MiB of memory are left up to the limit/
    use(880, oom_group: 1)
    assert_refused "headroom", /may take 148\.0 MiB/
    use(100)
    machine.disk_is = [true, 1 << 40, 1 << 41]
    assert_refused "tmpfs", /take memory; name a directory on a disk/
    machine.disk_is = [false, 1 << 20, 1 << 41]
    assert_refused "disk", /1\.0 MiB are free/
    machine.disk_is = [false, 1 << 40, 1 << 41]
    @dumper_fails = HeapDump::Error.new("no process can be forked")
    assert_refused "fork", /no process can be forked/
    File.write(File.join(scratch, "file"), "")
    assert_refused "directory", /is no directory/, endpoint(to: File.join(scratch, "file"))
  end

  def test_the_budget
    tree
    app = endpoint(at_most: 1)
    post(app)
    begun.first.finish
    wait_until("the end is heard of") { post(app).status == 503 }
    assert_equal "budget", code(post(app))
    assert_equal 503, post(endpoint(at_most: 1)).status, "a restart gives no new one"
    assert_equal 202, post(endpoint(at_most: 2)).status
  end

  # Puma says which processes there are; which of them answers is chance.
  def test_a_certain_process
    tree
    app = endpoint
    answer = post(app, "/?pid=41")
    assert_equal [421, 40], [answer.status, parsed(answer)["pid"]]
    assert_empty begun
    ["pid=", "pid=40&strings=full", "strings=full", "pid=-1", "PID=40"].each do |query|
      assert_equal [400, "wrong_query"], [post(app, "/?#{query}").status,
                                          code(post(app, "/?#{query}"))]
    end
    assert_equal 202, post(app, "/?pid=40").status
  end

  # Nothing outside of the series is ever told.
  def test_places_that_are_none
    tree
    app = endpoint
    post(app)
    FileUtils.touch(File.join(scratch, "secret"))
    ["/series-x/y", "/../secret", "/%2e%2e/secret", "/./state.json", "/lock/x", "/a",
     "/a/b/c", "/#{File.basename(File.dirname(begun.first.path))}/state.json"].each do |path|
      assert_equal [404, "not_found"], [get(app, path).status, code(get(app, path))], path
    end
  end

  # A name of which a URL would change something.
  def test_a_strange_name
    tree
    app = endpoint(name: "heap of %{pid}?ä#%{count}.json")
    place = parsed(post(app))["id"]
    assert_match(%r{\Aseries-web-1-40-\w+/heap_of_40___+1\.json\z}, place)
    begun.first.finish
    assert_equal begun.first.path, written(app, "/#{place}")["path"]
  end

  # It has failed: the file is gone, and the log says why.
  def test_a_dump_that_fails
    tree
    app = endpoint
    place = parsed(post(app))["id"]
    begun.first.fail(HeapDump::ChildDied.new(9, 3, "heap.json"))
    wait_until("the end is heard of") { said.any?(/\Ano dump at .*SIGKILL/) }
    assert_equal 404, get(app, "/#{place}").status
    assert_equal 202, post(app).status
  end

  # A manifest that is damaged, or not there yet, takes nothing from what is known.
  def test_a_damaged_manifest
    tree
    app = endpoint
    place = "/#{parsed(post(app))["id"]}"
    begun.first.finish
    written(app, place)
    ["", "[1]", "{\"objects\":", "\xFF"].each do |text|
      File.binwrite("#{begun.first.path}.manifest.json", text)
      assert_equal ["written", begun.first.path], parsed(get(app, place)).values_at("state", "path")
    end
  end

  # In a forked child it begins anew, and the parent's dump stays the parent's.
  def test_a_forked_child
    tree
    app = endpoint
    post(app)
    assert_equal 409, status_in_a_child(app), "the parent dumps"
    assert_equal 409, post(app).status, "the parent has kept its lock"
    begun.first.finish
    wait_until("the parent hears of the end") { said.any?(/\Adumped /) }
    assert_equal 202, status_in_a_child(app)
  end

  # As when Puma forks a worker from one that has served: another thread is just being answered.
  def test_a_child_that_is_forked_during_an_answer
    tree
    app = endpoint
    post(app)
    begun.first.finish
    wait_until("the parent hears of the end") { said.any?(/\Adumped /) }
    mutex = app.instance_variable_get(:@dumping).instance_variable_get(:@mutex)
    thread = Thread.new { mutex.synchronize { sleep } }
    wait_until("it is being answered") { mutex.locked? }
    assert_equal 202, Timeout.timeout(20) { status_in_a_child(app) }
  ensure
    thread&.kill&.join
  end

  def status_in_a_child(app)
    pid = fork do
      machine.pid = 41
      exit!(post(app).status - 200)
    end
    Process.wait2(pid).last.exitstatus + 200
  end

  # Nothing is raised into the application, and nothing of ours is told.
  def test_what_fails_in_it
    tree
    app = endpoint
    machine.stub(:time, -> { raise IOError, "a secret" }) do
      answer = post(app)
      assert_equal [500, "failed"], [answer.status, code(answer)]
      refute_match(/secret/, answer.body)
    end
    assert_match(/a request has failed: a secret \(IOError\)/, said.last)
    assert_equal 202, post(app).status
  end

  # As Rack::Builder#freeze_app does.
  def test_frozen
    tree
    assert_equal 202, post(endpoint.freeze).status
  end

  # The real dumper, without Rack.
  def test_a_real_dump_and_nothing_loaded
    code = <<~'RUBY'
      require "heapdump"
      app = HeapDump::Endpoint.new(token: "x" * 32, to: ARGV.first)
      HeapDump::Watch::Machine.prepend(Module.new { def disk(_) = [false, 1 << 40, 1 << 41] })
      env = { "REQUEST_METHOD" => "POST", "PATH_INFO" => "", "SCRIPT_NAME" => "/heap",
              "QUERY_STRING" => "", "HTTP_X_HEAPDUMP_TOKEN" => "x" * 32 }
      status, headers, body = app.call(env)
      abort body.first unless status == 202
      place = headers["location"].delete_prefix("/heap")
      until (told = app.call(env.merge("REQUEST_METHOD" => "GET", "PATH_INFO" => place))[2].first)
                .include?("objects")
        sleep 0.01
      end
      puts told, $LOADED_FEATURES.grep(%r{/rack|heapdump/(?:web|snapshot)|openssl|heapgraph})
    RUBY
    outcome = Child.ruby!(code, heaps, flags: ["-w"])
    refute_match(/warning/, outcome.err)
    told, *loaded = outcome.out.lines
    assert_empty loaded
    dump = assert_whole Dump.skim(JSON.parse(told)["path"])
    assert_equal "hash", dump.header["strings"]
    assert_equal dump.footer["objects"], JSON.parse(told)["objects"]
  end
end
