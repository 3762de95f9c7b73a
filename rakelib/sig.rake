# frozen_string_literal: true

# sig/ against itself and against the code. Needs gems of its own, which it installs.
#
#   rake sig              rbs validate, then steep check
#   rake sig:known        writes down what steep says now as known
#
# steep checks all of lib/ but Puma's plugin, with its lenient diagnostics. Only what sig/ declares
# has types: the rest is generated as `untyped` (rakelib/package/internals.rb). What steep says then
# is compared with test/package/steep_known.txt, by file and message: there stands what it cannot
# know, most of it that something is not nil, how many arguments a splat has, or whose methods stand
# in the block of a Struct.

require_relative "package/internals"
require_relative "package/bundle"

KNOWN_OF_STEEP = "test/package/steep_known.txt"

desc "Check sig/ with rbs and steep"
task :sig do
  found = steep
  known = File.readlines(KNOWN_OF_STEEP, chomp: true, encoding: "UTF-8")
  (found - known).each { |line| warn "steep: #{line}" }
  (known - found).each { |line| warn "steep no longer says: #{line}" }
  abort "run `rake sig:known` if all of that is right" unless found.uniq.sort == known

  puts "sig: valid; steep: nothing but the #{known.size} that are known"
end

task "sig:known" do
  File.write(KNOWN_OF_STEEP, steep.uniq.sort.join("\n") << "\n")
end

# What it says, without the numbers of lines.
def steep
  bundle = PackageBundle.new
  Internals.new("tmp/sig") { |*arguments| bundle.run("rbs", *arguments) }.write
  bundle.run("rbs", "-I", "sig", "validate")
  said = bundle.run("steep", "check", "--jobs=1", "--severity-level=information", status: [0, 1])
  found = said.scan(/^(\S+?):\d+:\d+: \[\w+\] (.+)$/).map { |file, message| "#{file}: #{message}" }
  found.empty? && !said.include?("No type error detected") ? abort(said) : found
end
