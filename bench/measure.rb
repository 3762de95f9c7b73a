# frozen_string_literal: true

# What requires cost by `heapdump measure requires`, beside derailed_benchmarks, on the Rails app of
# the tests (test/support/rails_app.rb). Each boots the app in turn, in processes of their own.
#
#     gem install --no-document --ignore-dependencies --install-dir tmp/derailed \
#         derailed_benchmarks:2.2.1 get_process_mem:1.0.0
#     HEAPDUMP_CHECK=0 bin/test compile
#     bundle exec ruby -Ilib bench/measure.rb [ROUNDS]
#
# It prints the ten costliest requires (resident memory, with all that they require first), in which
# order derailed_benchmarks has them, and how far apart those are whose order is another: once as
# applications are loaded, and once without a GC meanwhile.

require "fileutils"
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
  require "derailed_benchmarks/core_ext/kernel_require"
  require ARGV.fetch(0)
  costs = []
  walk = lambda do |node|
    node.children.each { |one| costs << [one.name.to_s, one.cost * (1 << 20)] && walk.call(one) }
  end
  walk.call(TOP_REQUIRE)
  costs.map! do |name, cost|
    file = $LOADED_FEATURES.find { |path| path == name || path.start_with?("#{name}.") }
    names = $LOAD_PATH.flat_map { |path| [".rb", ".so", ""].map { |ending| "#{path}/#{name}#{ending}" } }
    file ||= (names & $LOADED_FEATURES).first
    [file || name, cost]
  end
  require "json"
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

def row(place, file, costs, other)
  figures = [costs, other].map do |all|
    sizes = [median(all), all.first, all.last].map { |size| size.fdiv(1 << 20) }
    format("%6.2f MiB (%.2f–%.2f)", *sizes)
  end
  puts format("%2d.  %s   %s   %s", place, *figures, file)
end

def percent(one, other)
  format("%.1f %%", 100.0 * (one - other).abs / [one, other].max)
end

# Pairs of the ten that the tools have in different orders, and how far apart each has them.
def swapped(tens, ours, theirs)
  tens.first.combination(2).filter_map do |pair|
    mine, other = [ours, theirs].map { |costs| pair.map { |file| median(costs.fetch(file, [0])) } }
    next if mine[0] >= mine[1] && other[0] >= other[1]

    "#{pair.join(" and ")}: #{percent(*mine)} apart in heapdump, #{percent(*other)} in derailed"
  end
end

# For both tools the costs of each file, without those of files that load the app.
def measure(app, rounds)
  both = Array.new(rounds) { [heapdump(app), derailed] }.transpose
  ours, theirs = both.map { |all| ranked(all).to_h }
  [ours.slice(*(ours.keys & theirs.keys)), theirs]
end

def compare(app, rounds, words)
  ours, theirs = measure(app, rounds)
  tens = [ours, theirs].map { |all| all.keys.first(TEN) }
  puts "", "#{words}: heapdump, derailed_benchmarks (medians of #{rounds} boots, least and most)"
  tens.first.each.with_index(1) { |file, at| row(at, file, ours[file], theirs[file]) }
  order = tens.last.map { |file| tens.first.index(file)&.succ || file }
  puts "the order of derailed_benchmarks: #{order.join(", ")}", *swapped(tens, ours, theirs)
end

unless DERAILED.all? { |path| File.directory?(path) }
  abort "derailed_benchmarks is not there; #{__FILE__} says how it gets there"
end

rounds = Integer(ARGV.fetch(0, 5))
# So no GC runs while the app is loaded, which frees what one require has left for the next.
NO_GC = { "RUBY_GC_HEAP_INIT_SLOTS" => "1000000", "RUBY_GC_MALLOC_LIMIT" => "1000000000",
          "RUBY_GC_MALLOC_LIMIT_MAX" => "1000000000", "RUBY_GC_OLDMALLOC_LIMIT" => "1000000000",
          "RUBY_GC_OLDMALLOC_LIMIT_MAX" => "1000000000" }.freeze
Dir.mktmpdir do |directory|
  FileUtils.mkdir("#{directory}/config")
  File.write("#{directory}/config/environment.rb", "require #{APP.inspect}\n")
  # what derailed_benchmarks loads first, so that it costs neither of them anything
  ENV["RUBYOPT"] = "#{ENV.fetch("RUBYOPT", "")} -rbigdecimal -rpathname"
  app = HeapDump::Measure::App.new(directory, "production")
  compare(app, rounds, "As it is")
  ENV.update(NO_GC)
  compare(app, rounds, "Without GC")
end
