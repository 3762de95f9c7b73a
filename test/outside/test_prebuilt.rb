# frozen_string_literal: true

require "test_helper"
require "heapdump/outside/by_gdb"
require "heapdump/outside/by_ptrace"
require "heapdump/outside/ruby_image"
require "minitest/mock"
require "support/outside"
require_relative "../../rakelib/debug_image/folder"
require_relative "../../rakelib/matrix/debian_root"

# The folder of a debug image: extensions for Rubies that the command itself does not run.
class TestPrebuilt < HeapDumpTest
  Prebuilt = HeapDump::Outside::Prebuilt
  OWN = HeapDump::Extension.path

  # What a process has, as far as the choice goes by it.
  Image = Struct.new(:api, :platform, :lacks) do
    def satisfies?(_file)
      true
    end

    def lacking(file)
      lacks.grep(File.basename(File.dirname(file)))
    end
  end

  def test_names
    { ["3.3.0", "x86_64-linux-gnu"] => "3.3.0-x86_64-linux-gnu",
      ["3.3.0", "x86_64-linux"] => "3.3.0-x86_64-linux-gnu",
      ["4.1.0+4", "aarch64-linux-musl"] => "4.1.0-aarch64-linux-musl" }.each do |ruby, name|
      assert_equal name, Prebuilt.name(*ruby)
    end
  end

  # The command's own where that is built for the Ruby, else the first that fits, else the first.
  def test_the_choice
    other = "4.0.0-x86_64-linux-gnu"
    musl = "4.0.0-x86_64-linux-musl"
    in_folder("#{other}.a", "#{other}.b", other, "#{musl}.a", "4.0.0-x86_64-linux-gnux.a") do
      assert_equal "#{other}.a", chosen("4.0.0", "x86_64-linux")
      assert_equal other, chosen("4.0.0", "x86_64-linux", "#{other}.a", "#{other}.b")
      assert_equal "#{other}.b", chosen("4.0.0", "x86_64-linux-gnu", "#{other}.a")
      all = [other, "#{other}.a", "#{other}.b"]
      assert_equal "#{other}.a", chosen("4.0.0", "x86_64-linux", *all)
      assert_equal "#{musl}.a", chosen("4.0.0", "x86_64-linux-musl")
      assert_nil prebuilt("9.9.0", "x86_64-linux").path
      assert_equal [other, "#{other}x", musl], prebuilt("9.9.0", "x86_64-linux").kinds
      own = RbConfig::CONFIG["ruby_version"][/\A[\d.]+/]
      assert_equal OWN, prebuilt(own, RUBY_PLATFORM).path
      assert_predicate prebuilt(own, RUBY_PLATFORM), :ours?
      refute_predicate prebuilt("9.9.0", RUBY_PLATFORM), :ours?
    end
    without_folder { assert_empty prebuilt("9.9.0", RUBY_PLATFORM).kinds }
  end

  # The library of the folder has no extension, and lends that of the folder, as in a container
  # that has another Ruby.
  def test_a_dump_out_of_the_folder
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    skip "SKIPPED: attach is not built here" unless HeapDump::Outside::Attach.find
    folder = made_folder
    env = Child::BUNDLER.to_h { |name| [name, nil] } # which would load the library of the suite
    env["PATH"] = "#{File.dirname(RbConfig.ruby)}:#{ENV.fetch("PATH")}"
    Outside.with_process("class Kept; end; KEPT = Array.new(3) { Kept.new }; sleep") do |pid|
      path = File.join(scratch, "heap.json")
      outcome = Child.run(env, "#{folder}/bin/heapdump", "take", pid.to_s, "-o", path, timeout: 300)
      assert_predicate outcome, :success?, outcome.to_s
      assert_match(/by ptrace/, outcome.out)
      assert_equal 3, Dump.load(path).instances_of("Kept").size
      unread = Child.run(env, "#{folder}/bin/heapdump", "verify", path, timeout: 300)
      assert_equal [1, "heapdump: this copy has no reader, as in a debug image: read dumps where " \
                       "the gem is installed\n"], [unread.status.exitstatus, unread.err]
      checks = Child.run(env, "#{folder}/bin/heapdump", "doctor", pid.to_s, timeout: 300)
      assert_match(%r{it (sees|does not see) #{folder}/prebuilt/.*/heapdump.so}, checks.out)
    end
  end

  # Nothing but Ruby and its headers is installed in a new root of the matrix.
  def test_a_root_gets_a_compiler_before_it_builds
    ran = []
    sources = File.join(scratch, "sources")
    root = Matrix::DebianRoot.new("none", base: "none", ruby: %w[ruby])
    root.define_singleton_method(:sources) { sources }
    root.define_singleton_method(:attempt) { |*command| ran << command.last }
    root.define_singleton_method(:run) { |*command| (ran << command.first) && Process.last_status }
    system("true")
    assert root.built?("build.rb", scratch)
    assert_equal "ruby", ran.last
    assert_match(/apt-get install .* gcc make libc6-dev\b/, ran.first)
  end

  def test_what_the_folder_does_not_have
    in_folder("9.9.0-x86_64-linux-gnu.a") do
      image = Image.new("9.8.0", "x86_64-linux", [])
      way = HeapDump::Outside::ByPtrace.new(HeapDump::Outside::Target.new(Process.pid))
      image.define_singleton_method(:version) { "9.8.1" }
      way.instance_variable_set(:@image, image)
      message, fine = way.send(:version)
      refute fine
      assert_match(/\Ait runs Ruby 9.8.1 .*built for Ruby .*, 9.9.0-x86_64-linux-gnu; use/, message)
    end
  end

  # Under qemu the process is a program for this processor, which interprets the other's.
  def test_a_ruby_that_is_emulated
    [HeapDump::Outside::ByPtrace, HeapDump::Outside::ByGdb].each do |kind|
      way = kind.new(HeapDump::Outside::Target.new(Process.pid))
      image = Image.new("3.3.0", "s390x-linux-gnu", [])
      image.define_singleton_method(:version) { "3.3.8" }
      way.instance_variable_set(:@image, image)
      message, fine = way.send(:ruby)
      refute fine
      assert_match(/\Ait runs Ruby 3.3.8 \(s390x-linux-gnu\), which this machine emulates/, message)
    end
  end

  private

  def made_folder
    folder = File.join(scratch, "image")
    made = DebugImage::Folder.new(folder)
    made.copy_library
    assert_empty Dir["#{folder}/**/*.so"]
    name = Prebuilt.name(RbConfig::CONFIG["ruby_version"], RUBY_PLATFORM)
    FileUtils.mkdir_p("#{folder}/prebuilt/#{name}.here")
    FileUtils.cp(OWN, "#{folder}/prebuilt/#{name}.here/heapdump.so")
    program = "attach-#{RbConfig::CONFIG["host_cpu"]}"
    FileUtils.cp(HeapDump::Outside::Attach.find, "#{folder}/prebuilt/#{program}")
    assert_equal [program, "#{name}.here"].sort, made.list.sort
    folder
  end

  def in_folder(*names, &)
    names.each do |name|
      FileUtils.mkdir_p(File.join(scratch, "prebuilt", name))
      FileUtils.touch(File.join(scratch, "prebuilt", name, "heapdump.so"))
    end
    with_folder(File.join(scratch, "prebuilt"), &)
  end

  def without_folder(&)
    with_folder(File.join(scratch, "none"), &)
  end

  def with_folder(path, &)
    Prebuilt.stub(:folder, path, &)
  end

  def prebuilt(api, platform, *lacks)
    Prebuilt.new(Image.new(api, platform, lacks), own: OWN)
  end

  def chosen(...)
    File.basename(File.dirname(prebuilt(...).path))
  end
end
