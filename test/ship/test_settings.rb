# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/put_server"
require "support/shippable"

# What the environment and the files of an application say of a store, if it is wrong: one line.
class TestShipSettings < HeapDumpTest
  include CommandLine
  include Shippable

  BUCKET = "s3://heaps/shop?region=eu-central-1"

  def assert_refused(message, address, env = {})
    error = with_env({ **KEYS, **env }) do
      assert_raises(HeapDump::Error) { HeapDump::Ship.sink(address) }
    end
    assert_match message, error.message
    refute_includes error.message, "topsecret"
    assert_equal 1, error.message.lines.size
  end

  def config(text)
    File.join(scratch, "aws.config").tap { |path| File.write(path, "[default]\n#{text}\n") }
  end

  def test_settings_of_s3
    need_s3
    assert_refused(/region that is none/, "s3://heaps/shop?region=eu%20central")
    assert_refused(/AWS_REQUEST_CHECKSUM_CALCULATION/, BUCKET,
                   "AWS_REQUEST_CHECKSUM_CALCULATION" => "topsecret")
  end

  # They are read once in a process.
  def test_a_profile_of_s3
    need_s3
    dump("a.json")
    nobody = { "AWS_ACCESS_KEY_ID" => nil, "AWS_SECRET_ACCESS_KEY" => nil }
    ["credential_process = echo topsecret", "role_arn = x\nsource_profile = gone"].each do |text|
      FileUtils.rm_f(log("err"))
      pid = start_ship("--to", BUCKET, "--once",
                       env: { **nobody, "AWS_CONFIG_FILE" => config(text) })
      assert_equal 1, wait_for(pid).exitstatus
      assert_match(/\Aheapdump: s3: .* cannot be used: .*\n\z/, File.read(log("err")))
      refute_includes File.read(log("err")), "topsecret"
    end
  end

  # Of a secret that is a file, as in Kubernetes.
  def test_a_line_break_at_the_end
    server = PutServer.new
    dump("a.json")
    with_env("HEAPDUMP_AUTHORIZATION" => "Bearer x\n", "HEAPDUMP_TO" => "#{server.address}/d/\n") do
      assert_empty ship(HeapDump::Ship.sink("env:HEAPDUMP_TO")).failures
    end
    assert_equal [["Bearer x"]], server.requests.map { |one| one[2]["authorization"] }.uniq
    assert_refused(/\AHEAPDUMP_AUTHORIZATION has a line break/, "#{server.address}/d/",
                   "HEAPDUMP_AUTHORIZATION" => "Bearer topsecret\nx")
  ensure
    server&.stop
  end

  # A variable that is missing in its configuration is no service that is missing.
  def test_an_application_that_cannot_be_loaded
    skip "Rails is left out" if ENV["HEAPDUMP_TEST_RAILS"] == "skip"
    dump("a.json")
    FileUtils.mkdir_p("#{scratch}/config")
    { "ENV.fetch('SHIP_MISSING')" => /cannot be used: key not found: "SHIP_MISSING"$/,
      "nonsense" => /cannot be used: undefined local variable or method [`']nonsense'/,
      "end" => /cannot be used: / }.each do |code, message|
      File.write("#{scratch}/config/application.rb", code)
      outcome = Child.run({}, *command("ship", from, "--to", "rails:local", "--once"),
                          timeout: 60, chdir: scratch)
      assert_match message, outcome.err
      assert_equal [1, 1], [outcome.status.exitstatus, outcome.err.lines.size]
    end
  end
end
