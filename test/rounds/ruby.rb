# frozen_string_literal: true

# How this Ruby fares, as a line of the table in docs/rubies.md: see rakelib/rubies.rake.

require "minitest"
require "json"
require "tmpdir"
require "heapdump"
require "support/child"
require "support/dump"
require "support/oracle"
require "support/dumps"

# What the table tells of one Ruby. Heaps are those of the law tests, with YJIT on where it is built
# in.
class RubyLine
  ROUNDS = 5
  RAILS = <<~'RUBY'
    require "json"
    require "support/rails_app"
    require "support/sandwich"
    require "heapdump"
    directory, options = ARGV[0], JSON.parse(ARGV[1], symbolize_names: true)
    Dir.chdir(directory) { RailsApp.boot }
    Sandwich.run(directory, **options)
    exit!(0)
  RUBY
  # Both in the process and on one processor, in turn: the same heap, the same machine.
  RATIO = <<~'RUBY'
    require "objspace"
    require "support/rails_app"
    require "heapdump"
    clock = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
    directory, rounds = ARGV
    Dir.chdir(directory) { RailsApp.boot }
    contenders = [
      -> { File.open("#{directory}/all", "w") { |io| ObjectSpace.dump_all(output: io) } },
      -> { HeapDump.dump("#{directory}/heap.json", gc: false, fork: false) }
    ]
    times = contenders.map { [] }
    GC.start
    rounds.to_i.times do
      contenders.each_with_index do |contender, i|
        started = clock.call
        contender.call
        times[i] << clock.call - started
      end
    end
    theirs, ours = times.map { |list| list.sort[list.size / 2] }
    puts theirs / ours
  RUBY

  def to_s
    heaps = { nasty: Dumps.make("nasty", {}, flags: flags).check, rails: rails.check }
    cells = [RUBY_VERSION, capabilities, yjit]
    %i[object_lines complaints].each do |what|
      cells << heaps.values.map { |check| number(check.reader.public_send(what)) }.join(" + ")
    end
    cells.insert(4, heaps.values.map { |check| number(check.references.count(:lost)) }.join(" + "))
    "| #{[*cells, format("%.2f", ratio)].join(" | ")} |"
  end

  private

  def rails
    Dumps.make("rails", {}, code: RAILS, gems: true, flags: flags)
  end

  def ratio
    Dir.mktmpdir do |directory|
      Child.ruby!(RATIO, directory, ROUNDS.to_s, gems: true, flags: flags, timeout: 120).out.to_f
    end
  end

  def number(what)
    (what.is_a?(Array) ? what.size : what).to_s.gsub(/(?<=\d)(?=(\d{3})+$)/, ",")
  end

  def capabilities
    lacking = Schema.capabilities_here - HeapDump.capabilities
    lacking.empty? ? "all #{HeapDump.capabilities.size}" : "without #{lacking.join(", ")}"
  end

  def flags
    Child.yjit? ? ["-W0", "--yjit"] : ["-W0"]
  end

  def yjit
    Child.yjit? ? "on" : "not built in"
  end
end

puts RubyLine.new
