# frozen_string_literal: true

require "fileutils"
require "rbconfig"
require_relative "sandbox"

module Mutants
  # A copy of the project with both extensions built, in which one mutant after the other is tried.
  # The sources of the project itself are never touched.
  class Workshop
    # Quicker than what users get, and without warnings: a mutant may well leave something unused.
    FLAGS = "-O1 -fPIC -w"
    EXTENSIONS = %w[heapdump heapgraph].freeze
    PATIENCE = 5 # times as long as without a mutant, and two minutes more: then it hangs
    LOAD = 'require File.expand_path(ARGV.shift) until ARGV.first == "--"; ARGV.shift'
    UNKNOWN = 15 # seconds that a file of tests takes before that is known

    Verdict = Struct.new(:state, :by)

    def initialize(directory)
      @directory = directory
      @environment = environment
      @sandbox = Sandbox.new(directory, @environment)
      @usual = {}
      @catches = Hash.new(0)
    end

    # Copies and builds. What an earlier run has left may hold a mutant, so nothing is taken over.
    def set_up
      FileUtils.rm_rf(@directory)
      FileUtils.mkdir_p(@directory)
      copy = "git ls-files -z --cached --others --exclude-standard | " \
             "tar c --null --ignore-failed-read -T - | tar x -C '#{@directory}'"
      system(copy, exception: true)
      copy_objects
      copy_gemfile
      EXTENSIONS.each { |name| build(name) }
    end

    # What becomes of a mutant under these files of tests.
    def try(mutant, files)
      state, by, outcome = with(mutant) { |refused| refused || try_tests(mutant, files) }
      return Verdict.new(state) if outcome.nil?

      @usual[by] ||= without_mutant(by)
      @catches[[by, mutant.file]] += 1
      Verdict.new(state, reason(by, outcome))
    end

    private

    # The file that has caught it, and how.
    def try_tests(mutant, files)
      in_order(files, mutant).each do |file|
        from = now
        outcome = run(file, limit(file))
        return ["caught", file, outcome] unless outcome.success

        @usual[file] ||= now - from
      end
      "SURVIVED"
    end

    # The quick ones first, and those that have caught others of the same source.
    def in_order(files, mutant)
      files.sort_by.with_index do |file, at|
        [(@usual[file] || UNKNOWN) / (1 + @catches[[file, mutant.file]]), at]
      end
    end

    def limit(file)
      120 + ((@usual[file] || UNKNOWN) * PATIENCE)
    end

    # How long the tests take then. They have to pass, or they have caught nothing.
    def without_mutant(file)
      EXTENSIONS.each { |name| compile(name) }
      from = now
      outcome = run(file, 600)
      outcome.success or abort "mutate: #{file} fails without any mutant:\n#{outcome.out}"
      now - from
    end

    def reason(file, outcome)
      return "#{file} (hangs)" if outcome.hung

      outcome.out[/CAUGHT (.*)/, 1] || "#{file} (dies)"
    end

    def run(file, seconds)
      FileUtils.mkdir_p(File.join(@directory, "tmp/t"))
      @sandbox.run(RbConfig.ruby, "-W0", "-Ilib", "-Itest", "-I.", "-rmutants/first_failure",
                   "-e", LOAD, *file.split, "--", "--seed", "1", seconds: seconds)
    ensure
      FileUtils.rm_rf(File.join(@directory, "tmp/t"))
    end

    # Yields with the mutant in place: nil, or why it cannot be tried.
    def with(mutant, &)
      path = File.join(@directory, mutant.file)
      kept = File.stat(path)
      original = File.binread(path)
      File.write(path, mutant.apply)
      mutant.file.end_with?(".c") ? with_object(mutant.file, &) : yield(nil)
    ensure
      File.binwrite(path, original)
      File.utime(kept.atime, kept.mtime, path)
    end

    # Only one file is compiled anew; its object comes back afterwards, as old as it was.
    def with_object(file)
      name = file.split("/")[1]
      object = File.join(build_directory(name), "#{File.basename(file, ".c")}.o")
      return yield("not built here") unless File.exist?(object)

      FileUtils.cp(object, "#{object}.kept", preserve: true)
      state = compile(name) ? same_code(object) : "does not compile"
      yield(state)
    ensure
      FileUtils.mv("#{object}.kept", object) if File.exist?("#{object}.kept")
    end

    def same_code(object)
      "equivalent" if FileUtils.identical?(object, "#{object}.kept")
    end

    def build_directory(name)
      File.join(@directory, "build", name)
    end

    def build(name)
      directory = build_directory(name)
      FileUtils.mkdir_p(directory)
      system(@environment, RbConfig.ruby, "#{@directory}/ext/#{name}/extconf.rb",
             "--with-cflags=#{FLAGS}", chdir: directory, out: File::NULL, exception: true)
      compile(name) or abort "mutate: #{name} cannot be built in #{directory}"
    end

    def compile(name)
      FileUtils.rm_f("#{build_directory(name)}/#{name}.so") # the one with a mutant is newer
      made = system(@environment, "nice", "-n", "10", "make", "-s", chdir: build_directory(name),
                                                                    %i[out err] => File::NULL)
      FileUtils.cp("#{build_directory(name)}/#{name}.so", "#{@directory}/lib/heapdump/") if made
      made
    end

    # What the tests have compiled of the reader is good as long as its sources are.
    def copy_objects
      return unless File.directory?("tmp/objects")

      FileUtils.mkdir_p(File.join(@directory, "tmp"))
      FileUtils.cp_r("tmp/objects", File.join(@directory, "tmp"), preserve: true)
    end

    # The gems of the project itself, but a Gemfile of the copy, or its tests would load the
    # project's own library.
    def copy_gemfile
      file = ENV.fetch("BUNDLE_GEMFILE")
      place = File.join(@directory, File.dirname(gemfile))
      FileUtils.mkdir_p(place)
      FileUtils.cp([file, "#{file}.lock"], place)
    end

    def gemfile
      ENV.fetch("BUNDLE_GEMFILE").delete_prefix("#{Dir.pwd}/")
    end

    # The dumper checks its contracts, as under bin/test. What is for rake mutate is not for the
    # tests.
    def environment
      { "BUNDLE_GEMFILE" => File.join(@directory, gemfile), "BUNDLE_LOCKFILE" => nil,
        "BUNDLER_SETUP" => nil,
        "RUBYOPT" => "-rbundler/setup",
        "TMPDIR" => File.join(@directory, "tmp/t"), "HEAPDUMP_PEDANTIC" => nil, "RUBYLIB" => nil,
        "HEAPDUMP_CHECK" => "1",
        "HEAPDUMP_TEST_RAILS" => "skip", "SEED" => "1", "LINES" => nil, "FILES" => nil,
        "ONLY" => nil }
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
