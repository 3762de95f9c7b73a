# frozen_string_literal: true

require "open3"
require "rbconfig"
require "shellwords"
require "timeout"
require_relative "gc_regime"

# Runs Ruby in a child process and waits for it, never longer than a deadline.
module Child
  ROOT = File.expand_path("../..", __dir__)
  LOAD_PATHS = [File.join(ROOT, "lib"), File.join(ROOT, "test")].freeze
  # How Ruby is started: HEAPDUMP_TEST_RUBY may put it under something that looks at what it does.
  RUBY = ENV.key?("HEAPDUMP_TEST_RUBY") ? ENV["HEAPDUMP_TEST_RUBY"].shellsplit : [RbConfig.ruby]
  # What bundler leaves in the environment; a child has it only if it needs gems.
  BUNDLER = %w[RUBYOPT RUBYLIB BUNDLE_GEMFILE BUNDLE_LOCKFILE BUNDLE_BIN_PATH
               BUNDLER_SETUP BUNDLER_VERSION].freeze

  # Under `rake test:valgrind`.
  VALGRIND = ENV.key?("RUBY_MEMCHECK_RUNNING")

  # What runs Ruby, where that is of another processor than the machine (rakelib/matrix/place.rb).
  EMULATOR = ENV.fetch("HEAPDUMP_TEST_EMULATOR", nil)

  # How many times longer anything may take than usually.
  PATIENCE =
    if VALGRIND then 30
    elsif EMULATOR then 10
    elsif %w[verify stress].include?(GCRegime::NAME) || ENV.key?("HEAPDUMP_TEST_SANITIZER") then 5
    else 1
    end

  class Failed < StandardError; end

  Outcome = Struct.new(:status, :out, :err) do
    def success?
      status.success?
    end

    def to_s
      "#{status}\n--- stdout\n#{out}\n--- stderr\n#{err}"
    end
  end

  # Whether code can be compiled at run time. Under valgrind, Ruby 3.1 crashes when it does.
  def self.yjit?
    return @yjit if defined?(@yjit)

    @yjit = !VALGRIND && system(RbConfig.ruby, "--yjit", "-e", "exit RubyVM::YJIT.enabled?",
                                %i[out err] => File::NULL)
  end

  # What is a gem since Ruby 4.0, which is not found without RubyGems.
  NEEDS_RUBYGEMS = /require ["'](?:fiddle|logger)["']/

  # Runs `code` and returns its Outcome. `gems: true` keeps bundler's environment, `rubygems: true`
  # loads RubyGems alone: without it a child begins ten times as soon, and its heap is a third
  # smaller. It loads heapdump first where a GC regime governs it, unless it must be `bare`.
  def self.ruby(code, *arguments, env: {}, gems: false, bare: false,
                rubygems: gems || code.match?(NEEDS_RUBYGEMS), flags: ["-W0"], timeout: 60,
                **options)
    environment = (gems ? {} : BUNDLER.to_h { |name| [name, nil] }).merge(env)
    flags += %w[--disable-gems] unless rubygems
    flags += LOAD_PATHS.flat_map { |path| ["-I", path] }
    flags += GCRegime.child_options unless bare
    run(environment, *RUBY, *flags, "-e", code, *arguments, timeout: timeout, **options)
  end

  # As `ruby`, but anything else than a clean exit is an error that tells all.
  def self.ruby!(code, *arguments, **options)
    outcome = ruby(code, *arguments, **options)
    return outcome if outcome.success?

    raise Failed, "child failed: #{outcome}"
  end

  # Runs any command; as patient as the rest, and `ruby` with it.
  def self.run(environment, *command, timeout:, input: "", **options)
    timeout *= PATIENCE
    Open3.popen3(environment, *command, **options) do |stdin, stdout, stderr, thread|
      readers = [stdout, stderr].map { |io| Thread.new { io.read } }
      stdin.write(input)
      stdin.close
      finish(thread, timeout, command)
      Outcome.new(thread.value, *readers.map(&:value))
    end
  end

  def self.finish(thread, timeout, command)
    return if thread.join(timeout)

    Process.kill(:KILL, thread.pid)
    thread.join
    raise Failed, "child still running after #{timeout} s: #{command.last(3).join(" ")[0, 500]}"
  end
  private_class_method :finish
end
