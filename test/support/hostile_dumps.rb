# frozen_string_literal: true

require "json"
require "support/leftovers"

# Dumps of an application whose objects do one deed, and what must come of them.
class HostileDumps
  # Name of the dump, extension, options, pipe?, which object, in which functions if not in both.
  WAYS = [
    ["leader", ".json", { processes: 1 }, false, "first"],
    ["all", ".json.zst", { processes: 3 }, false, nil],
    ["pipe", ".json", {}, true, "any"],
    ["objspace", ".json.gz", { format: "objspace", processes: 2 }, false, "last"]
  ].freeze
  # Soon given up.
  IMPATIENT = [
    ["impatient", ".json", { processes: 2, timeout: 8 }, false, "any"],
    ["impatient_all", ".json", { processes: 1, timeout: 8 }, false, nil]
  ].freeze
  # One object alone.
  ONE = [["one", ".json", { processes: 2 }, false, "any"]].freeze
  # With workers, which must have met a hostile object.
  IN_WORKERS = [["workers", ".json", { processes: 3 }, false, nil]].freeze
  IN_PROCESS = [
    ["in_process", ".json", { fork: false }, false, "any"],
    ["in_process_pipe", ".json", { fork: false }, true, "last"]
  ].freeze

  attr_reader :outcomes, :log

  def initialize(deed, ways, directory)
    @cases = ways.flat_map do |name, extension, options, pipe, *which|
      which, functions = which
      (functions || %w[mark size]).map do |where|
        { deed: deed, where: where, name: "#{name}_#{where}", extension: extension,
          options: options, pipe: pipe, which: which }
      end
    end
    @directory = directory
  end

  # What has gone wrong, in words.
  def call
    outcome = Child.ruby("load 'support/hostile/application.rb'", @directory,
                         JSON.generate(@cases), env: Leftovers.environment, bare: true,
                                                timeout: 240)
    return ["the application ended: #{outcome.to_s[0, 1500]}"] unless outcome.success?

    @outcomes = JSON.parse(File.read(File.join(@directory, "outcomes.json")))
    processes + @outcomes.flat_map { |one| left(one) + yield(one) }
  end

  private

  # Each line of the application ran once, and in one process.
  def processes
    lines = File.readlines(File.join(@directory, "log"), chomp: true).map(&:split)
    pids = lines.map(&:first).uniq
    twice = lines.map { |line| line.drop(1) }.tally.select { |_, count| count > 1 }
    [*("the application ran in #{pids.size} processes: #{lines.first(10)}" if pids.size > 1),
     *("ran twice: #{twice}" if twice.any?)]
  end

  def left(one)
    whole = one["ended"] == "whole"
    {
      "#{one["descriptors"]} descriptors are left" => one["descriptors"] != 0,
      "processes are left: #{one["processes"]}" => one["processes"].any?,
      "a partial file is left" => one["partials"].positive?,
      "a Result, and no file" => whole && !one["there"],
      "#{one["ended"]}, and there is a file" => !whole && wrong_file?(one),
      "not whole: #{one["problems"]&.first(3)}" => whole && one["problems"]&.any?
    }.filter_map { |what, wrong| "#{one["name"]}: #{what}" if wrong }
  end

  # What a pipe has carried cannot be taken back; and what would have been raised by a handler of a
  # signal is raised when the dump is there.
  def wrong_file?(one)
    carried = one["ended"].match?(/\A(Interrupt|SystemExit)/) && one["options"]["fork"] == false
    one["there"] && !one["pipe"] && !(carried && one["problems"].empty?)
  end
end
