# frozen_string_literal: true

require "fileutils"
require "io/wait"
require "tmpdir"
require "support/child"
require "support/oracle"
require_relative "check"
require_relative "generator"

module Programs
  # How programs fared that ran in one process. `crashed` says how it ended, where it did not end
  # well, and `stage` what it had come to: a program's file, "built", "dumped" or "done".
  Outcome = Struct.new(:sources, :crashed, :stage, :findings, :failed, :kinds) do
    def good?
      crashed.nil? && findings.empty?
    end

    # A program itself ended the process: there was no dump yet.
    def undumped?
      !crashed.nil? && !%w[built dumped].include?(stage)
    end

    # What is wrong, roughly: the same for two programs that break the same law.
    def kind
      crashed ? crashed.scan(/\A.*$|\(\w+Error\)/) : findings.first.to_s[/\A\w+/]
    end

    def to_s
      ending = "the child ended with #{crashed}, last seen: #{stage}" if crashed
      [ending, *findings].compact.join("\n")
    end
  end

  # A host and what its heap looks like before any program. Used from one thread.
  class Session
    HOST = File.join(__dir__, "host.rb")
    DEADLINE = 45 * Child::PATIENCE # seconds, for what is run in one process
    NOTHING = "P.finish\n"

    class Stuck < StandardError; end

    def initialize(flags: [])
      @flags = flags
      @directory = Dir.mktmpdir("heapdump-programs")
      @numbers = 0
      start
    end

    def close
      @host&.close
      FileUtils.rm_rf(@directory)
    end

    # Yields the Outcome of each batch of programs. The next one runs while one is checked.
    def each_outcome(batches)
      batches = batches.each
      running = submit(batches)
      while running
        ended = wait
        following = submit(batches)
        yield check(running, ended)
        running = following
      end
    end

    def outcome(*sources)
      check(submit([sources].each), wait)
    end

    private

    def start
      paths = Child::LOAD_PATHS.flat_map { |path| ["-I", path] }
      environment = Child::BUNDLER.to_h { |name| [name, nil] }
      @host = IO.popen([environment, *Child::RUBY, "-W0", "--disable-gems", *@flags, *paths, HOST,
                        Oracle.compile, @directory, DEADLINE.to_s], "r+")
      @base = base
    end

    def base
      running = submit([[NOTHING]].each)
      ended = wait
      raise "nothing can be run: #{ended}" unless ended == "exit 0"

      made = Case.new(running.first)
      findings = Check.new(made).call
      raise "the laws do not hold without a program:\n#{findings.join("\n")}" if findings.any?

      Base.new(made).tap { FileUtils.rm_rf(running.first) }
    end

    def submit(batches)
      sources = batches.next
      directory = File.join(@directory, (@numbers += 1).to_s)
      Dir.mkdir(directory)
      sources.each_with_index do |source, i|
        File.write(File.join(directory, format("program%03d.rb", i)), source)
      end
      @host.puts(directory)
      [directory, sources]
    rescue StopIteration
      nil
    end

    def wait
      raise Stuck, "the host does not answer" unless @host.wait_readable(2 * DEADLINE)

      @host.gets&.chomp or raise Stuck, "the host is gone"
    end

    def check(running, ended)
      directory, sources = running
      stage, error, log = %w[stage error log].map { |name| content(directory, name) }
      if ended != "exit 0"
        crashed = [ended, error, log].reject(&:empty?).join("\n")
        return Outcome.new(sources, crashed, stage, [], [], {})
      end

      made = Case.new(directory)
      check = Check.new(made, @base)
      Outcome.new(sources, nil, stage, check.call, made.facts[:failed], check.kinds)
    ensure
      FileUtils.rm_rf(directory)
    end

    def content(directory, name)
      path = File.join(directory, name)
      File.exist?(path) ? File.binread(path, 4000).to_s.scrub : ""
    end
  end
end
