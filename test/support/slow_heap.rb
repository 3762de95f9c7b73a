# frozen_string_literal: true

require "json"
require "set"
require_relative "dump"
require_relative "references"

# A dump as a graph, read and asked as simply as can be: hashes of lines, sets of addresses, and
# marking anew for each question. What the reader says is compared with it.
class SlowHeap
  # Lines by address, and the ROOT lines.
  attr_reader :lines, :roots

  def initialize(path)
    @lines = {}
    @roots = []
    Dump.open(path) do |io|
      io.each_line { |text| take(JSON.parse(text, max_nesting: false)) }
    end
    @holds = @lines.transform_values { |line| References.of(line) }
  end

  # Addresses that an object holds, its class among them, each once per occurrence.
  def holds(address)
    @holds.fetch(address)
  end

  # Everything that a root reaches without passing an object of `without`.
  def reachable(without = [])
    seen = Set.new(without)
    waiting = @roots.flat_map { |root| References.of(root) }
    while (address = waiting.pop)
      waiting.concat(@holds.fetch(address)) if seen.add?(address)
    end
    seen.subtract(without)
  end

  def live
    @live ||= reachable
  end

  # Addresses of what would be garbage without these.
  def retained(*addresses)
    live - reachable(addresses)
  end

  def bytes(addresses)
    addresses.sum { |address| @lines.fetch(address)["memsize"] || 0 }
  end

  # Who holds an object otherwise than by being of its class: addresses, once per occurrence.
  def referrers(address)
    @referrers ||= @lines.each_with_object({}) do |(from, line), all|
      References.of(line.except("class")).each { |to| (all[to] ||= []) << from }
    end
    @referrers.fetch(address, [])
  end

  # The class that an object shows: singleton classes are passed over.
  def class_of(line)
    address = line["class"]
    while address && (found = @lines[address]) && (found["singleton"] || found["type"] == "ICLASS")
      address = found["superclass"]
    end
    address
  end

  private

  def take(line)
    if line["address"] then @lines[line["address"]] = line
    elsif line["type"] == "ROOT" then @roots << line
    end
  end
end
