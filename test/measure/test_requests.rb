# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/measured_app"

# What `heapdump measure request` and `growth` say of small applications.
class TestMeasureRequests < HeapDumpTest
  include CommandLine
  include MeasuredApp

  SHOP = <<~'RUBY'
    class Session; def initialize(id) = @id = id; end
    SESSIONS = []
    run(lambda do |env|
      puts "the app says this"
      case env["PATH_INFO"]
      when "/leak" then SESSIONS.concat(Array.new(2) { |i| Session.new(i) })
      when "/fine" then Array.new(100) { |i| Session.new(i) }
      when "/login" then next [302, { "location" => "https://localhost/users/sign_in" }, []]
      when "/secret" then next [env["HTTP_COOKIE"] == "a=1; b=2" ? 200 : 401, {}, []]
      when "/echo"
        right = [env["REQUEST_METHOD"], env["QUERY_STRING"], env["rack.input"].read] == %w[POST a=%20 text]
        next [right && env["HTTPS"] == "on" ? 201 : 400, {}, []]
      when "/broken" then raise ArgumentError, "broken as\e[2J planned"
      when "/caught"
        env["action_dispatch.exception"] = KeyError.new("no such cart")
        next [500, {}, []]
      when "/nothing" then next nil
      when "/nameless" then raise Class.new(StandardError) { def message = raise("of mine") }
      when "/stream" then next [200, {}, lambda do |io|
        SESSIONS << Session.new(io.write("a"))
        io.close
      end]
      when "/crash" then Process.kill(:KILL, Process.pid) && sleep
      when "/exit" then exit 3
      when "/sleep" then sleep
      else next [404, {}, []]
      end
      [200, {}, ["fine"]]
    end)
  RUBY

  def shop
    @shop ||= app(SHOP)
  end

  def test_objects_of_a_request
    page = File.join(scratch, "page.html")
    answer = measure("request", shop, "--path", "/leak", "--count", "2", "--warmup", "1", "-o",
                     page)
    assert_equal 0, answer.status, answer.err
    assert_match(%r{^GET /leak}, answer.out)
    assert_match(/Session/, answer.out)
    assert_match(/SESSIONS/, answer.out)
    refute_includes answer.out, "the app says this"
    assert_includes File.read(page), "SESSIONS"
    json = measure!("request", shop, "--path", "/fine", "--json").json
    sessions = json["allocated"]["by"]["class"].find { |row| row["key"] == "Session" }
    assert_equal 100, sessions["objects"]
    assert_equal [3, 0], [json["times"], json["retained"]["objects"]]
  end

  def test_options_of_requests
    measure!("request", shop, "--path", "/echo?a=%20", "--method", "post", "--body", "text",
             "--count", "1", "--json")
    measure!("request", shop, "--path", "/secret", "--header", "Cookie: a=1; b=2", "--count", "1")
    measure!("request", shop, "--path", "/login", "--status", "302", "--count", "1")
  end

  def test_growth
    answer = measure("growth", shop, "--path", "/leak", "--count", "20", "--warmup", "5",
                     "--dumps", "3", "--fail-on", "any")
    assert_equal 2, answer.status, answer.err
    assert_match(%r{\AGET /leak: 40 requests after 5 to warm up, \S+ ms each; 3 dumps$}, answer.out)
    assert_match(/Session  10 → 50 → 90/, answer.out)
    assert_match(/constant SESSIONS/, answer.out)
    refute_match(/heapdump why/, answer.out)
  end

  def test_no_growth_and_kept_dumps
    dir = File.join(scratch, "kept")
    options = ["growth", shop, "--path", "/fine", "--count", "5", "--warmup", "5", "--dumps", "2",
               "--dir", dir]
    assert_match(/no directory/, measure(*options).err)
    Dir.mkdir(dir)
    json = measure!(*options, "--json").json
    assert_equal [5, "GET /fine", [], true], json.values_at("sent", "request", "suspects", "sound")
    assert_equal %w[1.json 2.json], Dir.children(dir).sort
    assert_match(/is there already/, measure(*options).err)
  end

  # What is said of wrong answers, and that the status is 1.
  def test_wrong_answers
    {
      "/" => /answers 404: give a page that is there with --path/,
      "/login" => %r{answers 302 and redirects to https://localhost/users/sign_in, perhaps becau},
      "/secret" => /answers 401: it wants to know who asks/,
      "/broken" => /raises broken as\S+ planned \(ArgumentError\) at .*config.ru:\d+/,
      "/nothing" => /raises NilClass is no answer \(TypeError\)/,
      "/nameless" => /raises \(unknown\) \(#<Class/,
      "/caught" => /answers 500 because of no such cart \(KeyError\)/,
      "/crash" => /ended \(signal KILL\)/,
      "/exit" => /raises exit \(SystemExit\)/
    }.each { |path, words| assert_fails words, shop, "--path", path }
    assert_fails(/not measured within 1 s; --timeout/, shop, "--path", "/sleep", "--timeout", "1")
  end

  # A body of Rack 3 that is called.
  def test_a_body_that_streams
    answer = measure("request", shop, "--path", "/stream", "--warmup", "0", "--json")
    groups = JSON.parse(answer.out).fetch("retained").fetch("groups")
    assert_includes groups.map { |group| group["class_name"] }, "Session", answer.err
  end

  def assert_fails(words, dir, *options, what: "request")
    answer = measure(what, dir, "--warmup", "0", *options)
    assert_equal [1, ""], [answer.status, answer.out], options.inspect
    assert_match words, answer.err
    refute_match(/\e/, answer.err)
    answer
  end

  def test_applications_that_cannot_be_loaded
    { "raise 'no database'" =>
        /config.ru cannot be loaded in test: no database \(RuntimeError\) at/,
      "require 'nowhere'" => /cannot load such file -- nowhere \(LoadError\)/,
      "def (" => /\(SyntaxError\)/,
      "abort 'bye'" => /bye \(SystemExit\)/ }
      .each do |code, words|
      assert_fails words, app("puts 'hello'; $stdout.flush; #{code}"),
                   "--env", "test"
    end
    answer = assert_fails(/ended \(status 9\)/,
                          app("$stdout.puts \"hel\\e[2Jlo\"; $stdout.flush; exit!(9)"))
    assert_match(/has printed at last:\n  hel\S+lo$/, answer.err)
    Dir.mkdir(File.join(scratch, "empty"))
    assert_fails(/has neither config.ru nor/, File.join(scratch, "empty"))
    assert_fails(/there is no directory/, File.join(scratch, "missing"))
  end

  def test_wrong_command_lines
    [%w[frob], [], %w[requires . --path /], %w[request --path http://x/], %w[request --cut 1],
     %w[request --count 0], ["request", "--header", "a"], ["request", "--header", "A: b\nC: d"],
     %w[growth --dumps 1], ["request", "--method", "G ET"], %w[request . .]].each do |argv|
      answer = measure(*argv)
      assert_equal [64, ""], [answer.status, answer.out], argv.inspect
    end
    assert_match(/--path is not for requires/, measure("requires", "--path", "/").err)
  end
end
