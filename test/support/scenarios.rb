# frozen_string_literal: true

require "fileutils"
require "json"
require "heapdump/leaks"
require_relative "child"

# Runs the programs of test/leaks/scenarios, and compares the verdict with what they say of
# themselves.
module Scenarios
  DIR = File.join(Child::ROOT, "test/leaks/scenarios")
  GEM = /^require "active_support/ # all others need none: with bundler their heap is twice as large

  # What came of one of them.
  Outcome = Struct.new(:name, :truth, :leaks) do
    def leaks?
      truth["leaks"]
    end

    def right?
      complaint.nil?
    end

    def wrong?
      !right?
    end

    # What is wrong with the verdict, nil if nothing is.
    def complaint
      return unsound || accused || unsaid unless leaks?
      return unsound || "not found" if leaks.empty?

      suspect = leaks.suspects.first
      wrong_class(suspect) || wrong_holder(suspect) || wrong_place(suspect) ||
        wrong_figures(suspect) || wrong_reason(suspect)
    end

    def to_s
      verdict = leaks.suspects.map { |suspect| "    #{suspect.inspect} #{suspect.confidence}" }
      ["#{right? ? "right" : "WRONG"}  #{name}#{": #{complaint}" if wrong?}", *verdict].join("\n")
    end

    # The verdict in one line, the same for runs that came to the same.
    def verdict
      told = leaks.suspects.map do |suspect|
        [suspect.class_name, suspect.signature, suspect.confidence].join(" ")
      end
      told.empty? ? "nothing" : told.sort.join(", ")
    end

    private

    def unsound
      leaks.faults.first
    end

    def accused
      levels = HeapDump::Leaks::Verdict::LEVELS
      most = truth["at_most"] ? levels.index(truth["at_most"]) : -1
      return if leaks.all? { |suspect| levels.index(suspect.confidence) <= most }

      "accused although: #{truth["why"]}"
    end

    # What grew and is not accused has to be told, where the truth demands it.
    def unsaid
      words = truth["says"] or return
      told = [*leaks.cleared, *leaks.also_grew].map do |one|
        "#{one.class_name} #{one.holder} #{one.cleared_because}"
      end
      "not said: #{words.inspect}" unless told.any? { |text| text.include?(words) }
    end

    def wrong_reason(suspect)
      words = truth["reason"] or return
      told = suspect.reasons + suspect.remarks
      "no reason has #{words.inspect}: #{told}" unless told.any? { |text| text.include?(words) }
    end

    def wrong_figures(suspect)
      counts, times = truth.values_at("counts", "suspects")
      return "other numbers: #{suspect.counts}" unless [nil, suspect.counts].include?(counts)
      return "told #{leaks.suspects.size} times" unless [nil, leaks.suspects.size].include?(times)

      missing = Array(truth["company"]).reject { |word| suspect.company.join(" ").include?(word) }
      "not with it: #{missing.inspect}" unless missing.empty?
    end

    def wrong_class(suspect)
      name = suspect.class_name
      "another class: #{name}" unless truth["classes"].include?(name)
    end

    # Each of the words, or one of several where an Array stands for a word.
    def wrong_holder(suspect)
      missing = truth["holder"].reject do |word|
        Array(word).any? { |choice| suspect.holder.include?(choice) }
      end
      "the holder lacks #{missing.inspect}" unless missing.empty?
    end

    def wrong_place(suspect)
      place = truth["place"] or return
      told = [suspect.location, suspect.holder].compact
      "another place: #{suspect.location.inspect}" unless told.any? { |text| text.include?(place) }
    end
  end

  def self.names
    files = Dir.children(DIR).grep(/\.rb\z/).sort
    files.reject! { |file| File.read(File.join(DIR, file)).include?('"fiddle"') } unless fiddle?
    files.map { |file| file.delete_suffix(".rb") }
  end

  # Some builds of Ruby have no fiddle.
  def self.fiddle?
    Child.ruby("require 'fiddle'").success?
  end

  # Runs some of them, two at a time, each in a directory of its own below `dir`.
  def self.run_all(names, dir)
    waiting = Queue.new
    names.each { |name| waiting << name }
    waiting.close
    threads = Array.new(2) do
      Thread.new { work_off(waiting, dir) }
    end
    threads.flat_map(&:value).sort_by(&:name)
  end

  def self.work_off(waiting, dir)
    outcomes = []
    while (name = waiting.pop)
      outcomes.concat(run(name, File.join(dir, name)))
    end
    outcomes
  end
  private_class_method :work_off

  # Runs a program, which dumps itself into `dir`, and judges the dumps: those of HeapDump, and
  # those of ObjectSpace.dump_all where the program writes them.
  def self.run(name, dir)
    FileUtils.mkdir_p(dir)
    path = File.join(DIR, "#{name}.rb")
    text = File.read(path)
    gems = text.match?(GEM)
    Child.ruby!("load ARGV.shift", path, dir, gems: gems,
                                              rubygems: gems || text.match?(Child::NEEDS_RUBYGEMS))
    truth = JSON.parse(File.read(File.join(dir, "truth.json")))
    outcomes = [judge(name, truth, dir)]
    others = truth["objspace"] or return outcomes
    outcomes << judge("#{name} (objspace)", others, File.join(dir, "objspace"))
  end

  def self.judge(name, truth, dir)
    Outcome.new(name, truth, HeapDump.leaks(*Dir[File.join(dir, "[0-9].json")]))
  end
end
