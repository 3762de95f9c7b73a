# frozen_string_literal: true

require "json"

module Mutants
  # What has become of each mutant that was tried, a line each; so a run goes on where the one
  # before it ended. Mutants that survived are tried again, since there may be a test by now.
  class Ledger
    Equivalent = Struct.new(:file, :before, :after, :reason)

    # Mutants that change nothing that anybody could see: "file", the line before and after, and
    # why that is so, between tabs.
    def self.equivalents(path)
      File.foreach(path, chomp: true).grep_v(/\A(#|\s*\z)/).map do |line|
        fields = line.split("\t")
        fields.size == 4 or abort "mutate: #{path}: not 4 fields: #{line}"
        Equivalent.new(*fields)
      end
    end

    def initialize(path, equivalents)
      @path = path
      @equivalents = equivalents
      @told = File.exist?(path) ? File.foreach(path).to_h { |line| parse(line) } : {}
    end

    def done?(key)
      @told.key?(key) && @told[key]["state"] != "SURVIVED"
    end

    def excuse(mutant)
      @equivalents.find do |one|
        [one.file, one.before, one.after] == [mutant.file, mutant.before, mutant.after]
      end&.reason
    end

    def write(entry, state, by)
      line = { "key" => entry.key, "state" => state, "by" => by, "file" => entry.mutant.file,
               "line" => entry.mutant.line, "kind" => entry.mutant.kind,
               "before" => entry.mutant.before, "after" => entry.mutant.after }
      @told[entry.key] = line
      File.write(@path, "#{JSON.generate(line)}\n", mode: "a")
    end

    def [](key)
      @told[key]
    end

    private

    def parse(line)
      told = JSON.parse(line)
      [told.fetch("key"), told]
    end
  end
end
