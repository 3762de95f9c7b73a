# frozen_string_literal: true

require_relative "c_source"
require_relative "ruby_source"
require_relative "covering"

module Mutants
  # Which mutants are tried: of each file, one for every so many of its lines, drawn by lot. The
  # same seed draws the same mutants of a file that has not changed.
  class Plan
    SOURCES = ["ext/heapdump/**/*.c", "ext/heapgraph/**/*.c", "lib/**/*.rb"].freeze

    Entry = Struct.new(:key, :mutant)

    def initialize(patterns, seed:, lines:)
      @files = Dir[*(patterns.empty? ? SOURCES : patterns)].sort.select { |file| Covering.of(file) }
      @seed = seed
      @lines = lines
    end

    def entries
      @entries ||= @files.flat_map { |file| draw(file) }
    end

    private

    def draw(file)
      text = File.read(file)
      source = file.end_with?(".c") ? CSource : RubySource
      wanted = (text.lines.size / @lines.to_f).ceil
      random = Random.new(Digest::SHA256.hexdigest("#{@seed} #{file}").hex)
      drawn = keyed(source.new(file, text).mutants).sample(wanted, random: random)
      drawn.sort_by { |entry| entry.mutant.line }
    end

    def keyed(mutants)
      seen = Hash.new(-1)
      mutants.map { |mutant| Entry.new(mutant.key(seen[mutant.key] += 1), mutant) }
    end
  end
end
