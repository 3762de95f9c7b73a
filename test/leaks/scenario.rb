# frozen_string_literal: true

require "json"
require "heapdump"

# A small program that leaks, or looks as if it did: it says what is true of it, works in rounds and
# is dumped before the first of them and after each.
#
#   require_relative "../scenario"
#
#   SESSIONS = [] # held here
#   Scenario.leaks "Session", holder: "SESSIONS"
#   Scenario.rounds { |round| 100.times { SESSIONS << Session.new } }
#
# The line with the comment "held here" is the place that the verdict should name, where there is
# such a line.
module Scenario
  class << self
    # The class that is leaked (several where each of them is a right answer), and words that the
    # holder's description must contain. Where they are given: how many there are by dump, how many
    # suspects there are, and words that must be told of what grows with it.
    def leaks(*classes, holder:, counts: nil, suspects: nil, company: nil, **options)
      @truth = { leaks: true, classes: classes, holder: Array(holder), place: place(caller_file),
                 counts: counts, suspects: suspects, company: Array(company) }
      settings(**options)
    end

    # Nothing leaks. `why` is for people. What looks like a leak may be told, but with no more
    # confidence than `at_most`.
    def clean(why, at_most: nil, **options)
      @truth = { leaks: false, why: why, at_most: at_most }
      settings(**options)
    end

    def rounds
      dump(0)
      (1...@dumps).each do |round|
        yield round
        dump(round)
      end
    end

    # Runs the block in a thread, waits until it is asleep in it, and returns the thread.
    def sleeper(&)
      thread = Thread.new(&)
      Thread.pass until thread.status == "sleep"
      thread
    end

    private

    def settings(dumps: 3, gc: true)
      @dumps = dumps
      @gc = gc
      @dir = ARGV.fetch(0)
      File.write(File.join(@dir, "truth.json"), JSON.generate(@truth))
    end

    def dump(number)
      HeapDump.dump(File.join(@dir, "#{number}.json"), fork: false, gc: @gc)
    end

    def caller_file
      caller_locations.find { |location| location.path != __FILE__ }.path
    end

    def place(file)
      line = File.foreach(file).find_index { |text| text.include?("# held here") }
      "#{file}:#{line + 1}" if line
    end
  end
end
