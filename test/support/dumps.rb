# frozen_string_literal: true

require "json"
require "tmpdir"
require_relative "child"
require_relative "dump"
require_relative "oracle"
require_relative "reference_law"
require_relative "untouched_law"
require_relative "line_details"
require_relative "name_law"

# The dumps that several tests look at. Each is made once, in a child process, between two looks of
# the oracle.
module Dumps
  # What a child left behind.
  class Case
    FILES = { before: "a", after: "b", dump: "dump.json", facts: "facts.json",
              manifest: "manifest.json" }.freeze

    # On the stack that dumps, which both looks saw and the frames of the dump may overwrite.
    DEAD_WORDS = 4

    attr_reader :directory

    def initialize(directory)
      @directory = directory
    end

    def path(name = :dump)
      File.join(directory, FILES.fetch(name))
    end

    def facts
      @facts ||= JSON.parse(File.read(path(:facts)))
    end

    def manifest
      @manifest ||= JSON.parse(File.read(path(:manifest)))
    end

    # Without strictness, which is the laws' business.
    def dump
      @dump ||= Dump.skim(path)
    end

    # The line of a planted thing.
    def planted(key)
      address = manifest.fetch(key.to_s).fetch("address")
      dump[address] or raise KeyError, "#{key} is planted at #{address}, but has no line"
    end

    # Both laws that need the oracle, in one pass and without keeping the lines.
    def check
      @check ||= begin
        before, after = %i[before after].map { |name| Oracle::View.new(path(name)) }
        law = ReferenceLaw.new(before, after, running: facts.fetch("running"), chance: DEAD_WORDS)
        details = LineDetails.new(before, after)
        names = NameLaw.new(after)
        reader = Dump.new(path)
        reader.read { |line| [law, details, names].each { |check| check.feed(line) } }
        untouched = UntouchedLaw.new(before, after, running: facts.fetch("running"))
        roots = [before, after].map(&:roots)
        @dump = reader
        Check.new(reader, law.finish, details.problems, names.nameless, untouched.flags,
                  untouched.words, *roots, after.call_caches)
      end
    end
  end

  Check = Struct.new(:reader, :references, :details, :nameless, :flags, :words, :roots_before,
                     :roots_after, :call_caches)

  NASTY = <<~'RUBY'
    require "json"
    require "tmpdir"
    require "fileutils"
    require "support/nasty_heap"
    require "support/sandwich"
    directory, options = ARGV[0], JSON.parse(ARGV[1], symbolize_names: true)
    require "heapdump"
    GCRegime.start
    Oracle.require_extension
    NastyHeap.build(**options.fetch(:heap, {}))
    GC.compact if GCRegime.compaction? && options.fetch(:compact, true)
    Sandwich.run(directory, **options.fetch(:dump, {}))
    File.write(File.join(directory, "manifest.json"), NastyHeap.manifest)
    exit!(0)
  RUBY

  class << self
    # Everything, giants included, and RubyGems, as most applications have it.
    def nasty
      @nasty ||= make("nasty", {}, rubygems: true)
    end

    # The same without what takes megabytes; made anew for each set of options.
    def small(env: {}, **options)
      @small ||= {}
      @small[[env, options]] ||= make("small", { heap: { giants: false }, **options }, env: env)
    end

    def make(name, options, env: {}, code: NASTY, **child)
      directory = File.join(root, "#{name}-#{@count = (@count || 0) + 1}")
      Dir.mkdir(directory)
      Child.ruby!(code, directory, JSON.generate(options), env: env, timeout: 120, **child)
      Case.new(directory)
    end

    # The Dump that a program makes: it is given the path for it.
    def by(code, **child)
      path = File.join(Dir.mktmpdir(nil, root), "heap.json")
      Child.ruby!(code, path, **child)
      Dump.load(path)
    end

    def root
      @root ||= Dir.mktmpdir("heapdump-dumps").tap do |directory|
        if ENV["HEAPDUMP_TEST_KEEP"]
          warn("dumps are kept in #{directory}")
        else
          owner = Process.pid
          at_exit { FileUtils.rm_rf(directory) if Process.pid == owner }
        end
      end
    end
  end
end
