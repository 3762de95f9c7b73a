# frozen_string_literal: true

require "test_helper"
require "heapdump/integrations/unicorn"
require "heapdump/integrations/pitchfork"

# What servers' configuration files may say, and what holds where they say nothing.
class TestIntegrations < HeapDumpTest
  NAMES = %w[HEAPDUMP_SIGNAL HEAPDUMP_DIR HEAPDUMP_STRINGS HEAPDUMP_COMPRESS].freeze

  def setup
    super
    @before = ENV.to_h.slice(*NAMES)
    NAMES.each { |name| ENV.delete(name) }
  end

  def teardown
    NAMES.each { |name| ENV[name] = @before[name] }
    super
  end

  def path(**options)
    HeapDump::Integrations.trigger(**options).path
  end

  def test_the_name_says_what_compresses
    assert_equal "/var/tmp/heap-%{pid}-%{time}.json.zst", path
    { zstd: ".json.zst", gzip: ".json.gz", false => ".json" }.each do |compress, ending|
      ENV["HEAPDUMP_COMPRESS"] = "gzip"
      assert_equal "/var/tmp/heap-%{pid}-%{time}#{ending}", path(compress: compress)
    end
    assert_equal "/var/tmp/heap-%{pid}-%{time}.json.gz", path
    assert_equal "/x/y.json", path(path: "/x/y.json")
  end

  def test_what_is_wrong_raises
    assert_raises(ArgumentError) { path(compress: :xz) }
    ENV["HEAPDUMP_STRINGS"] = "some"
    error = assert_raises(ArgumentError) { HeapDump::Unicorn.after_fork }
    assert_match(/HEAPDUMP_STRINGS must be full, none, hash or a number of bytes/, error.message)
    assert_kind_of Proc, HeapDump::Unicorn.after_fork(strings: :hash)
  end

  def test_the_hook_of_the_other_server
    { HeapDump::Unicorn => [%i[after_worker_fork], "after_fork(&HeapDump::Unicorn.after_fork)"],
      HeapDump::Pitchfork => [%i[after_fork after_mold_fork],
                              "after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)"] }
      .each do |server, (wrong, right)|
      wrong.each do |name|
        error = assert_raises(NoMethodError) { server.public_send(name, signal: "URG") }
        assert_includes error.message, right
      end
    end
  end

  # The module of the other server, in a process that has but one of them.
  def test_the_module_of_the_other_server
    { "Unicorn" => ["Pitchfork.after_worker_fork", "after_fork(&HeapDump::Unicorn.after_fork)"],
      "Pitchfork" => ["Unicorn.after_fork",
                      "after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)"] }
      .each do |server, (wrong, right)|
      code = <<~RUBY
        module #{server}; class Configurator; end; end
        require "heapdump/integrations/unicorn"
        require "heapdump/integrations/pitchfork"
        HeapDump::#{right[/HeapDump::(.*)\)/, 1]}
        HeapDump::#{wrong} rescue puts $!.class, $!.message
      RUBY
      out = Child.ruby!(code, env: NAMES.to_h { |name| [name, nil] }).out
      assert_match(/\ANameError\n.* is not for #{server}; require .*#{server.downcase}/, out)
      assert_includes out, right
    end
  end

  # There the signals of workers would be reset after it.
  def test_the_hook_of_molds
    mold = Struct.new(:mold?).new(true)
    error = assert_raises(NoMethodError) { HeapDump::Pitchfork.after_worker_fork.call(nil, mold) }
    assert_match(/after_mold_fork is not .*after_worker_fork\(&HeapDump::Pitch/, error.message)
  end
end
