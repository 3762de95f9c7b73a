# frozen_string_literal: true

# The suite on other Rubies, each in a place of its own under tmp/matrix that is kept for next time:
#
#   rake matrix                                     in all Debian roots
#   MATRIX=trixie rake matrix                       only in these (comma between names, "" for none)
#   MATRIX_RUBY=/opt/ruby-4.0/bin/ruby rake matrix  with this Ruby as well (colon between several)
#   MATRIX=musl rake matrix                         in a Ruby that is compiled against musl
#   MATRIX=arm64 rake matrix                        some of the suite in a Ruby for arm64
#   MATRIX=arm64-trixie rake matrix                 the same in that of Debian 13
#   ARCH=arm64 rake matrix                          in roots of Debian 12 and 13 for that CPU
#   rake matrix:prepare                             makes the roots, and runs no test
#   rake "matrix:run[trixie,bin/test test N=/json/]"  a command in a root; without one, a shell
#
# A root that cannot be made is SKIPPED; a failure in one that can be made fails the task. To renew
# a root, delete it.

require_relative "matrix/debian_root"
require_relative "matrix/emulated_ruby"
require_relative "matrix/local_ruby"
require_relative "matrix/musl_ruby"
require_relative "matrix/report"

MATRIX_ROOTS = {
  "bookworm" => { base: "bookworm", ruby: %w[ruby ruby-dev] }, # for other architectures than this
  "trixie" => { base: "trixie", ruby: %w[ruby ruby-dev] },
  "experimental" => { base: "sid", extra: "experimental", ruby: %w[ruby3.4 ruby3.4-dev] }
}.freeze

MATRIX_LEAN = { "arm64" => -> { Matrix::EmulatedRuby.new }, "musl" => -> { Matrix::MuslRuby.new },
                "arm64-trixie" => -> { Matrix::EmulatedRuby.new("trixie", ruby: "3.3") } }.freeze

def matrix_root(name)
  return MATRIX_LEAN.fetch(name).call if MATRIX_LEAN.key?(name)

  Matrix::DebianRoot.new(name, arch: ENV.fetch("ARCH", nil), **MATRIX_ROOTS.fetch(name))
end

# Debian 12 is what the suite runs on, and experimental has few packages for other CPUs.
def matrix_roots
  all = ENV["ARCH"] ? %w[bookworm trixie] : %w[trixie experimental]
  ENV.fetch("MATRIX", all.join(",")).split(",").map { |name| matrix_root(name) }
end

desc "Run the suite on other Rubies (see rakelib/matrix.rake)"
task :matrix do
  places = matrix_roots
  places += ENV.fetch("MATRIX_RUBY", "").split(":").map { |ruby| Matrix::LocalRuby.new(ruby) }

  $stdout.sync = true
  report = Matrix::Report.new
  places.each { |place| report.run(place) }
  puts report.table
  abort "matrix: failed" unless report.ok?
end

desc "Make the Debian roots, with all that bin/setup installs (see rakelib/matrix.rake)"
task "matrix:prepare" do
  $stdout.sync = true
  matrix_roots.each do |place|
    place.prepare
    ready = place.set_up { |line| puts line }.success?
    puts "#{place.name} #{ready ? "is ready" : "lacks what bin/setup could not install"}"
  rescue Matrix::Skip => e
    puts "SKIPPED #{place.name}: #{e.message}"
  end
end

desc "Run a command (or a shell) in a copy of the sources in a Debian root"
task "matrix:run", %i[name command] do |_task, arguments|
  place = matrix_root(arguments.name)
  place.prepare
  place.exec(arguments.command || "exec bash")
end
