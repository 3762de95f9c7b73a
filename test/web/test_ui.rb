# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"
require "support/made_fleet"
require "support/raw_http"
require "support/ui_process"

# `heapdump ui`: what it prints, what it opens, and how it ends.
class TestUi < HeapDumpTest
  include CommandLine
  include RawHTTP

  def dump(name = "heap.json", number = 0)
    MadeDump.write(File.join(scratch, name), number) do |made|
      made.constant("LIST", made.array([made.object("Session")]))
    end
  end

  # The answer to a question, once all is open.
  def ask(ui, question)
    wait_until("an answer to #{question}") do
      answer = raw(ui.port, request("/api/v1/#{question}", "X-Heapdump-Token: #{ui.token}",
                                    "Connection: close", port: ui.port))
      answer if answer.status == 200
    end.json
  end

  # It says no more than the address and how to end it.
  def assert_quiet(ui)
    status, out, err = ui.finish
    assert_equal [0, "Ctrl-C ends it, or an hour without a request.\n", ""], [status, out, err]
  end

  def test_it_serves_what_it_is_given
    UiProcess.with(dump) do |ui|
      page = raw(ui.port, request("/", "Connection: close", port: ui.port))
      assert_equal 200, page.status
      refute_includes page.body, ui.token
      item = ask(ui, "dumps")["items"].first
      assert_equal "heap.json", item["name"]
      assert_equal 1, ask(ui, "find?dump=#{item["id"]}&class=Session")["total"]
    end
  end

  def test_a_directory
    dump("b.json", 0)
    dump("a.json", 1)
    UiProcess.with(scratch) do |ui|
      assert_equal %w[b.json a.json], ask(ui, "dumps")["items"].map { |item| item["name"] }
    end
  end

  def test_the_store_of_a_fleet
    url = "sqlite:#{scratch}/fleet.db"
    MadeFleet.import(url, every: 25).close
    UiProcess.with("--store", "env:STORE", env: { "STORE" => url }) do |ui|
      assert_equal [true, 0], ask(ui, "dumps").values_at("fleet", "total")
      assert_equal 2, ask(ui, "fleet")["processes"]
    end
    UiProcess.with(dump, "--store", url) do |ui|
      assert_equal [true, 1], ask(ui, "dumps").values_at("fleet", "total")
    end
  end

  # What is wrong with a store is said before there is an address of a page.
  WRONG_STORES = {
    [] => [64, /give a dump, a directory or --store/],
    ["--store", "postgres://u:geheim@h/d"] => [64, /in an argument; .*--store env:HEAPDUMP_STORE/],
    ["--store", "mysql://u:geheim@h/d"] => [1, /there is no store for mysql/],
    ["--store", "sqlite:/none/fleet.db"] => [1, %r{there is no store sqlite:/none/fleet.db}],
    ["--store", "env:HEAPDUMP_NONE"] => [1, /HEAPDUMP_NONE is not set/]
  }.freeze

  def test_stores_that_are_none
    WRONG_STORES.each do |arguments, (status, words)|
      answer = heapdump("ui", *arguments)
      assert_equal status, answer.status, arguments
      assert_match words, answer.err
      refute_includes answer.err, "geheim"
    end
    answer = heapdump("ui", "--store", dump("fleet.db"))
    assert_match(/fleet.db cannot be opened/, answer.err)
    assert_empty answer.out
  end

  %i[INT TERM HUP].each do |name|
    define_method("test_it_ends_at_#{name.downcase}") do
      before = trap(name, "DEFAULT") # what nohup ignores, it would ignore, too
      UiProcess.with(dump) do |ui|
        ask(ui, "dumps")
        ui.signal(name)
        assert_quiet ui
      end
    ensure
      trap(name, before || "DEFAULT")
    end
  end

  # Neither a client that is slow nor one that keeps its connection holds it up.
  def test_the_directory_of_a_watch
    names = %w[series-web-1-41-a series-web-1-42-b].map { |name| File.join(scratch, name) }
    names.each { |name| Dir.mkdir(name) }
    Dir.mkdir(File.join(scratch, "series-web-1-43-c")) # which has none yet
    paths = names.map { |name| MadeDump.write(File.join(name, "heap.json"), 0) { |made| made } }
    assert_equal paths, HeapDump::CLI::Ui.new.send(:arguments, [scratch])
  end

  def test_it_ends_although_there_are_clients
    UiProcess.with(dump) do |ui|
      ask(ui, "dumps")
      slow = TCPSocket.open("127.0.0.1", ui.port)
      slow.write("GET / HTTP/1.1\r\n")
      kept = TCPSocket.open("127.0.0.1", ui.port)
      kept.write(request("/", port: ui.port))
      answer_from(kept)
      begun = now
      ui.signal(:INT)
      assert_quiet ui
      assert_operator now - begun, :<, 5 * Child::PATIENCE
    ensure
      [slow, kept].compact.each(&:close)
    end
  end

  def test_it_ends_by_itself
    UiProcess.with(dump, command: UiProcess.of(<<~'RUBY')) do |ui|
      require "heapdump/cli"
      exit HeapDump::CLI::Ui.new(idle: 1).run(ARGV)
    RUBY
      ask(ui, "dumps")
      assert_quiet ui
    end
    assert_equal 3600, HeapDump::Web::Server::IDLE
  end

  # Also then it ends at once.
  def test_while_a_dump_is_being_read
    UiProcess.with(dump, command: UiProcess.of(<<~'RUBY')) do |ui|
      require "heapdump/cli"
      require "heapdump/snapshot"
      HeapDump::Snapshot.const_get(:Loading).define_method(:run) { sleep }
      exit HeapDump::CLI.run(["ui", *ARGV])
    RUBY
      item = ask(ui, "dumps")["items"].first
      answer = raw(ui.port, request("/api/v1/summary?dump=#{item["id"]}", "Connection: close",
                                    "X-Heapdump-Token: #{ui.token}", port: ui.port))
      assert_equal [503, "opening", "1"],
                   [answer.status, answer.json["error"]["code"], answer.headers["retry-after"]]
      ui.signal(:INT)
      assert_quiet ui
    end
  end

  def test_damaged_dumps
    lines = File.readlines(dump("whole.json"))
    File.write(File.join(scratch, "cut.json"), lines[0..-2].join)
    File.write(File.join(scratch, "text.json"), "no dump\n")
    cut, text = %w[cut.json text.json].map { |name| File.join(scratch, name) }
    UiProcess.with(cut, text) do |ui|
      states = wait_until("both are tried") do
        states = ask(ui, "dumps")["items"].map { |item| item["state"] }
        states if (states - %w[open failed]).empty?
      end
      assert_equal %w[open failed], states
      sleep 0.2 # for what it prints
      ui.signal(:INT)
      status, _out, err = ui.finish
      assert_equal 0, status
      assert_match(/^heapdump: warning: #{cut}: the dump was cut short/, err)
      assert_match(/^heapdump: .*text\.json/, err)
    end
  end

  def test_nothing_that_can_be_read
    File.write(File.join(scratch, "text.json"), "no dump\n")
    UiProcess.with(File.join(scratch, "text.json")) do |ui|
      status, _out, err = ui.finish
      assert_equal 1, status
      assert_match(/\Aheapdump: .*text\.json/, err)
      assert_equal 1, err.lines.size
    end
    answer = heapdump("ui", File.join(scratch, "missing.json"))
    assert_equal [1, ""], [answer.status, answer.out]
    assert_match(/no such file or directory/, answer.err)
    Dir.mkdir(File.join(scratch, "empty"))
    assert_match(/there is no dump in the directory/,
                 heapdump("ui", File.join(scratch, "empty")).err)
  end

  def test_a_port
    free = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    UiProcess.with(dump, "--port", free.to_s) do |ui|
      assert_equal free, ui.port
      answer = heapdump("ui", dump, "--port", free.to_s, "--no-browser")
      assert_equal [1, ""], [answer.status, answer.out]
      assert_equal "heapdump: cannot listen on port #{free} of 127.0.0.1: address already in " \
                   "use; give another --port, or none for a free one\n",
                   answer.err
    end
  end

  # There is no way to let other machines in but by ssh.
  def test_there_is_no_address_to_choose
    %w[--host --bind --address].each do |option|
      answer = heapdump("ui", dump, option, "0.0.0.0")
      assert_equal [64, ""], [answer.status, answer.out]
      assert_match(/invalid option: #{option}/, answer.err)
    end
    assert_match(/ssh -L/, heapdump!("help", "ui").out)
  end

  def test_in_json
    command = [*UiProcess::COMMAND, dump, "--json"]
    UiProcess.with(command: command) do |ui|
      out = ui.instance_variable_get(:@out)
      text = +""
      text << out.gets until text.end_with?("}\n")
      json = JSON.parse(text)
      assert_match(%r{\Ahttp://127\.0\.0\.1:#{json["port"]}/#token=\h{64}\z}, json["url"])
    end
  end

  # A browser that writes down what it was given.
  def fake_browser
    bin = File.join(scratch, "bin")
    Dir.mkdir(bin)
    File.write(File.join(bin, "xdg-open"), <<~SH)
      #!/bin/sh
      cp -p "$1" '#{scratch}/page' && stat -c '%a %F' "$1" "$(dirname "$1")" > '#{scratch}/modes'
      echo "$@" > '#{scratch}/arguments.new' && mv '#{scratch}/arguments.new' '#{scratch}/arguments'
    SH
    File.chmod(0o755, File.join(bin, "xdg-open"))
    { "DISPLAY" => ":7", "PATH" => "#{bin}:#{ENV.fetch("PATH")}", "XDG_RUNTIME_DIR" => scratch }
  end

  def test_a_browser_is_opened_and_nobody_sees_the_token
    UiProcess.with(dump, env: fake_browser) do |ui|
      wait_until("it is opened") { File.exist?("#{scratch}/arguments") }
      path = File.read("#{scratch}/arguments").chomp
      assert_match(%r{\A#{scratch}/heapdump-[^/]+/open\.html\z}, path)
      refute_includes path, ui.token
      assert_equal "600 regular file\n700 directory\n", File.read("#{scratch}/modes")
      assert_includes File.read("#{scratch}/page"), %(content="0; url=#{ui.url}")
      ui.signal(:INT)
      assert_quiet ui
      refute_path_exists File.dirname(path)
    end
  end

  # The address can be typed.
  def test_a_browser_that_cannot_be_run
    environment = fake_browser
    File.write(File.join(scratch, "bin", "xdg-open"), "#!/nowhere/sh\n")
    UiProcess.with(dump, env: environment) do |ui|
      ask(ui, "dumps")
      assert_empty Dir.glob("#{scratch}/heapdump-*")
      ui.signal(:INT)
      assert_quiet ui
    end
  end

  def test_no_browser_is_opened
    environment = fake_browser
    [[["--no-browser"], environment], [[], environment.merge("DISPLAY" => nil)],
     [[], environment.merge("DISPLAY" => "")], [[], environment.merge("PATH" => "/nowhere")]]
      .each do |options, env|
      UiProcess.with(dump, *options, env: env) do |ui|
        ask(ui, "dumps")
        sleep 0.3
        refute_path_exists "#{scratch}/arguments"
        ui.signal(:TERM)
        assert_quiet ui
      end
    end
  end
end
