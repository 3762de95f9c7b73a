# frozen_string_literal: true

# What requires cost by `heapdump measure requires`, beside derailed_benchmarks, on the Rails app of
# the tests (test/support/rails_app.rb). Each boots the app in turn, in processes of their own.
#
#     gem install --no-document --ignore-dependencies --install-dir tmp/derailed \
#         derailed_benchmarks:2.2.1 get_process_mem:1.0.0
#     HEAPDUMP_CHECK=0 bin/test compile
#     bundle exec ruby -Ilib bench/measure.rb [ROUNDS]
#
# It prints the ten costliest requires of each (medians of the rounds, resident memory with all that
# they require first) and whether the order is the same. Two whose costs in single boots overlap
# have no order: where the tools differ, it says whether that is so.

require "json"
require "open3"
require "rbconfig"
require "tmpdir"
require_relative "../lib/heapdump/terminal"
require_relative "../lib/heapdump/measure"

ROOT = File.expand_path("..", __dir__)
APP = File.join(ROOT, "test/support/rails_app.rb")
DERAILED = %w[derailed_benchmarks-2.2.1 get_process_mem-1.0.0].map do |name|
  File.join(ROOT, "tmp/derailed/gems", name, "lib")
end
TEN = 10

# Its tree of requires, with names that a file has: it has those that were written in the source.
BOOT = <<~'RUBY'
  require "json"
  require "derailed_benchmarks/core_ext/kernel_require"
  require ARGV.fetch(0)
  costs = []
  walk = lambda do |node|
    node.children.each { |one| costs << [one.name.to_s, one.cost * (1 << 20)] && walk.call(one) }
  end
  walk.call(TOP_REQUIRE)
  costs.map! do |name, cost|
    file = $LOADED_FEATURES.find { |path| path == name || path.start_with?("#{name}.") }
    file ||= ($LOAD_PATH.flat_map { |path| ["#{path}/#{name}.rb", "#{path}/#{name}.so", "#{path}/#{name}"] } & $LOADED_FEATURES).first
    [file || name, cost]
  end
  puts "", JSON.generate(costs)
RUBY

def short(file)
  HeapDump::Terminal::Text.valid(file).sub(%r{\A.*/gems/}, "").sub("#{ROOT}/", "")
end

# The most that a file costs in one boot, wherever it is required.
def largest(costs)
  costs.group_by { |file, _| short(file) }.transform_values { |all| all.map(&:last).max }
end

def derailed
  out, status = Open3.capture2({ "RAILS_ENV" => "production", "RACK_ENV" => "production" },
                               RbConfig.ruby, "-W0", *DERAILED.flat_map { |path| ["-I", path] },
                               "-e", BOOT, APP)
  raise "derailed_benchmarks failed" unless status.success?

  largest(JSON.parse(out.lines.last))
end

def heapdump(app)
  answer = HeapDump::Measure::Child.new(app, timeout: 600).ask(what: :resident)
  largest(answer[:files].zip(answer[:costs]).select(&:first))
end

# For each file its costs in all rounds, the costliest first.
def ranked(rounds)
  files = rounds.flat_map(&:keys).uniq
  costs = files.to_h { |file| [file, rounds.map { |round| round.fetch(file, 0) }.sort] }
  costs.sort_by { |file, all| [-median(all), file] }
end

def median(sorted)
  (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2.0
end

def overlap?(one, other)
  one.first <= other.last && other.first <= one.last
end

def row(place, file, costs, other)
  figures = [costs, other].map do |all|
    format("%6.2f MiB (%.2f–%.2f)", *[median(all), all.first, all.last].map { |n| n.fdiv(1 << 20) })
  end
  puts format("%2d.  %s   %s   %s", place, *figures, file)
end

unless DERAILED.all? { |path| File.directory?(path) }
  abort "derailed_benchmarks is not there; #{__FILE__} says how it gets there"
end

rounds = Integer(ARGV.fetch(0, 5))
Dir.mktmpdir do |directory|
  File.write("#{directory}/config.ru", "require #{APP.inspect}\nrun RailsApp::Application\n")
  app = HeapDump::Measure::App.new(directory, "production")
  both = Array.new(rounds) { [heapdump(app), derailed] }.transpose
  ours, theirs = both.map { |all| ranked(all) }
  # what derailed does not measure: what loads the app
  ours.reject! { |file, _| theirs.none? { |one, _| one == file } }
  mine, other = [ours, theirs].map(&:to_h)
  puts "ten costliest requires: heapdump, derailed_benchmarks (least and most of #{rounds} boots)"
  ours.first(TEN).each.with_index(1) { |(file, costs), at| row(at, file, costs, other[file]) }
  tens = [ours, theirs].map { |all| all.first(TEN).map(&:first) }
  puts "order of derailed_benchmarks: #{tens.last.map { |file| tens.first.index(file)&.succ || file }.join(" ")}"
  pairs = tens.first.combination(2).select do |one, two|
    median(other[one]) < median(other[two]) && !overlap?(other[one], other[two])
  end
  same = tens.first == tens.last
  puts(same ? "the same order" : "another order; of pairs that no boot of derailed_benchmarks " \
                                 "mixes, #{pairs.size} are the other way round#{": #{pairs}" if pairs.any?}")
end
