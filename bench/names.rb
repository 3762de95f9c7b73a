# frozen_string_literal: true

# How many references of a dump have no name, by the kind of object that holds them. The heap is
# that of a booted Rails app (test/support/rails_app.rb), the one to which the tests apply the laws:
#
#   bundle exec ruby -Ilib bench/names.rb                of this Ruby
#   bundle exec ruby -Ilib bench/names.rb heap.json      of a dump that exists, not compressed
#   bundle exec ruby -Ilib bench/names.rb --targets      also by what the references lead to
#
# docs/names.md has the figures of each Ruby.

require "json"
require "tmpdir"
require_relative "../test/support/schema"
require_relative "../test/support/references"

# Counts the references of a dump by the kinds of their holders.
class NamesBench
  Count = Struct.new(:all, :nameless)

  def initialize(path)
    @path = path
    @counts = Hash.new { |hash, kind| hash[kind] = Count.new(0, 0) }
    @nameless = []
    @kinds = {}
  end

  def read
    File.foreach(@path) do |text|
      line = JSON.parse(text)
      kind = kind_of(line)
      @kinds[line["address"]] = kind if line["address"]
      count(line, kind)
    end
    self
  end

  def report(targets:)
    total = Count.new(@counts.values.sum(&:all), @counts.values.sum(&:nameless))
    show("holder", "references", "no name", "share of all")
    rows = @counts.reject { |_, count| count.nameless.zero? }
    rows.sort_by { |_, count| -count.nameless }.each { |kind, count| row(kind, count, total) }
    row("all", total, total)
    report_targets if targets
  end

  private

  def kind_of(line)
    case line["type"]
    when "ROOT" then "root #{line["root"]}"
    when "IMEMO" then "IMEMO #{line["imemo_type"]}"
    when "DATA" then "DATA #{line["struct"]}"
    else line["type"]
    end
  end

  def count(line, kind)
    counted = @counts[kind]
    nameless = line.fetch("references", [])
    counted.all += References.of(line).size
    counted.nameless += nameless.size
    nameless.each { |target| @nameless << [kind, target] }
  end

  def row(kind, count, total)
    show(kind, count.all, count.nameless, format("%.2f %%", count.nameless * 100.0 / total.all))
  end

  def show(*cells)
    puts format("%-32s %12s %12s %14s", *cells)
  end

  def report_targets
    puts ""
    tally = @nameless.map { |kind, target| "#{kind} → #{@kinds.fetch(target, "?")}" }.tally
    tally.sort_by { |_, number| -number }.first(60).each do |words, number|
      puts format("%9<number>d  %<words>s", number: number, words: words)
    end
  end
end

def dump_rails(path)
  require "heapdump"
  require_relative "../test/support/rails_app"
  RailsApp.boot
  HeapDump.dump(path)
end

targets = ARGV.delete("--targets")
puts RUBY_DESCRIPTION
if ARGV.empty?
  Dir.mktmpdir do |directory|
    path = "#{directory}/heap.json"
    Dir.chdir(directory) { dump_rails(path) }
    NamesBench.new(path).read.report(targets: targets)
  end
else
  NamesBench.new(ARGV.first).read.report(targets: targets)
end
