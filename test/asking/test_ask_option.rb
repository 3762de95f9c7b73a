# frozen_string_literal: true

require "test_helper"

# `ask:` of HeapDump.watch and HEAPDUMP_ASK: what is wrong is said at once, without credentials.
class TestAskOption < HeapDumpTest
  def teardown
    HeapDump::Watch.current&.stop
    ENV.delete("HEAPDUMP_ASK")
    super
  end

  WRONG = ["", "relative", "ftp://u:secret@h/", :file, 7, "file:relative", "/a\0b",
           "socket:relative", "socket:/#{"a" * 90}", "socket:/#{"\u20AC" * 30}", "sidekiq:http://u:secret@h/"].freeze

  def test_wrong_addresses
    WRONG.each do |text|
      error = assert_raises(ArgumentError, text.inspect) { HeapDump.watch(to: scratch, ask: text) }
      assert_match(/\Aask: must be /, error.message)
      refute_match(/secret|not nil/, error.message)
      assert_raises(ArgumentError) { HeapDump.watch(to: scratch) { |on| on.ask text } }
      assert_nil HeapDump::Watch.current
    end
    ENV["HEAPDUMP_ASK"] = "nonsense"
    error = assert_raises(ArgumentError) { HeapDump.watch(to: scratch) }
    assert_match(/\AHEAPDUMP_ASK must be /, error.message)
  end

  SAID = {
    "s3://bucket/x" => "\"s3\"", "relative" => "a text that begins with none of them",
    "file:relative" => "file:…, which has no path from / on",
    "socket:/#{"a" * 80}" => "socket:…, which has a path of more than 80 bytes",
    "socket:/#{"\u00E9" * 40}" => "socket:…, which has a path of more than 80 bytes"
  }.freeze

  def test_what_is_wrong_with_an_address
    SAID.each do |text, words|
      error = assert_raises(ArgumentError) { HeapDump::Asking::Address.parse(text) }
      assert_equal words, error.message[/, not (.*)/, 1]
    end
  end

  # As long as it may be, and counted in bytes: the system does it so.
  def test_the_longest_path_of_a_socket
    Dir.mktmpdir do |dir|
      rest = 80 - dir.bytesize - 1
      store = File.join(dir, ("\u00E9" * (rest / 2)) + ("x" * (rest % 2)))
      assert_equal 80, store.bytesize
      Dir.mkdir(store)
      bus = HeapDump::Asking::Address.parse("socket:#{store}").bus
      bus.begin
      assert_instance_of UNIXServer, bus.bell
      bus.close
    end
  end

  # What libpq would quote, or take for the name of a host.
  SECRET = ["postgres://u:secret@h:secret/db", "postgres:secret",
            "postgres://u:sec@ret secret@h h/db", "postgres://u:s@ecr:et@db/ops",
            "postgres://u:%ZZsecret@h/db", "postgres://u:x/secret@h/db", "postgres://u:x@h/%secret",
            "postgres://u@h/db?password=%ZZsecret", "postgres://u@h/db?secret",
            "postgres://u@h/db?password=a=secret", "postgres://u@h/db?a=bsecret&"].freeze

  def test_malformed_addresses_of_databases
    SECRET.each do |text|
      error = assert_raises(ArgumentError, text) { HeapDump.watch(to: scratch, ask: text) }
      assert_match(%r{\Aask: must be .*not postgres:…, which is malformed \(@, / and %},
                   error.message)
      refute_match(/secret|ret@|ecr/, error.message)
    end
  end

  NAMES = {
    "postgres://u:secret@db.example:5432/ops?sslmode=require" => "postgres://db.example:5432/ops",
    "postgresql://u:s%40ecr:et?@db/ops" => "postgres://db/ops",
    "postgres://db/ops?application_name=a%20b&options=-c%20x%3D1" => "postgres://db/ops",
    "postgres://u@/ops?host=/run&password=secret" => "postgres:///ops",
    "postgres://[::1]:6432,b:1/ops" => "postgres://[::1]:6432,b:1/ops"
  }.freeze

  def test_names_of_databases
    NAMES.each do |text, name|
      address = HeapDump::Asking::Address.parse(text)
      assert_equal [name, name], [address.to_s, address.inspect]
      assert_equal text.match?(/s.*ecr/), address.secret?
    end
  end

  def test_a_missing_library
    code = <<~'RUBY'
      require "heapdump"
      module Kernel
        alias whole_require require
        def require(name) = name == "pg" ? raise(LoadError, "no pg") : whole_require(name)
      end
      HeapDump.watch(to: ARGV[0], ask: "postgres://h/db")
    RUBY
    outcome = Child.ruby(code, scratch)
    refute_predicate outcome, :success?
    assert_match(/the gem pg is needed: add gem "pg" to the Gemfile \(LoadError\)/, outcome.err)
  end

  # A real watch, asked by a process that is root or the same user.
  def test_the_environment
    ENV["HEAPDUMP_ASK"] = "file:#{scratch}"
    code = <<~'RUBY'
      require "heapdump"
      HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
      HeapDump::Watch::Engine.define_method(:pause) { 0.05 }
      HeapDump.watch(to: "#{ARGV[0]}/heaps") { |on| }
      require "heapdump/cli"
      exit HeapDump::CLI.run(["ask", "--store", ARGV[0], "--dumps", "2", "--every", "1"])
    RUBY
    outcome = Child.ruby!(code, scratch)
    assert_match(/2 of 2 taken: /, outcome.out)
    dumps = Dir.glob("#{scratch}/heaps/series-*/*.zst")
    assert_equal 2, dumps.size
    dumps.each { |path| assert_whole Dump.load(path) }
  end
end
