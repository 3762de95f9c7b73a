# frozen_string_literal: true

require "rubocop/rake_task"
require_relative "lint/lines"
require_relative "lint/rooms"

# Another version formats differently, so this is the one and only.
CLANG_FORMAT = "clang-format-14"

RuboCop::RakeTask.new("lint:ruby") { |task| task.options = ["--format", "simple"] }

namespace :lint do
  desc "Check the format of the C sources"
  task(:c) { clang_format("--dry-run", "-Werror") }

  desc "Check that no C source includes from a room that comes after its own"
  task :rooms do
    faults = Rooms.faults
    abort ["lint:rooms: failed", *faults].join("\n") if faults.any?
  end

  desc "Check that no file has marks of a conflict, and no C source lines that are too long"
  task :lines do
    faults = Lines.faults
    abort ["lint:lines: failed", *faults].join("\n") if faults.any?
  end
end

desc "Check the style of everything"
task lint: %w[lint:ruby lint:c lint:lines lint:rooms lint:analyze]

desc "Format the C sources"
task("format") { clang_format("-i") }

def clang_format(*options)
  sources = Dir["{ext,test}/**/*.{c,h}"]
  return if sources.empty?

  if system(CLANG_FORMAT, "--version", out: File::NULL)
    sh(CLANG_FORMAT, "--style=file", *options, *sources, verbose: false)
  else
    warn "lint:c SKIPPED: no #{CLANG_FORMAT} here (Debian 12: apt-get install #{CLANG_FORMAT})"
  end
end
