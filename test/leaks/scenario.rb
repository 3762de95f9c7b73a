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
#
# With `objspace:` dumps of ObjectSpace.dump_all are written and judged as well. They have no names
# of references, so the words for the holder may be others there: `objspace: "Store"`, or `true`
# where they are the same.
module Scenario
  class << self
    # The class that is leaked (several where each of them is a right answer), and words that the
    # holder's description must contain. Where they are given: how many there are by dump, how many
    # suspects there are, words that must be told of what grows with it, and words that a reason
    # must contain.
    def leaks(*classes, holder:, counts: nil, suspects: nil, company: nil, reason: nil, **options)
      @truth = { leaks: true, classes: classes, holder: Array(holder), place: place(caller_file),
                 counts: counts, suspects: suspects, company: Array(company), reason: reason }
      settings(**options)
    end

    # Nothing leaks. `why` is for people. What looks like a leak may be told, but with no more
    # confidence than `at_most`. Where `says` is given, what grew must be told in words that contain
    # these.
    def clean(why, at_most: nil, says: nil, **options)
      @truth = { leaks: false, why: why, at_most: at_most, says: says }
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

    def settings(dumps: 3, gc: true, objspace: nil)
      @dumps = dumps
      @gc = gc
      @dir = ARGV.fetch(0)
      @truth[:objspace] = other_format(objspace) if objspace
      File.write(File.join(@dir, "truth.json"), JSON.generate(@truth))
    end

    def dump(number)
      HeapDump.dump(File.join(@dir, "#{number}.json"), fork: false, gc: @gc)
      return unless @truth[:objspace]

      File.open(File.join(@dir, "objspace", "#{number}.json"), "w") do |file|
        ObjectSpace.dump_all(output: file)
      end
    end

    # What is true of the dumps of ObjectSpace.dump_all, which know no places.
    def other_format(words)
      require "objspace"
      Dir.mkdir(File.join(@dir, "objspace"))
      holder = words == true ? @truth[:holder] : Array(words)
      @truth.merge(holder: holder, place: nil)
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
