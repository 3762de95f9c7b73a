# frozen_string_literal: true

# Everything that is written in C, tests too, through clang's static analyzer:
#
#   rake lint:analyze                   what has changed since it was looked at
#   CLANG=clang-19 rake lint:analyze    with another one
#
# A warning fails the task. It looks at one file at a time, so what only two of them can tell (that
# a function returns no success) is written so that one does.
module Analyzer
  CLANG = ENV.fetch("CLANG", "clang-14")
  DIR = "tmp/analyze/#{RUBY_VERSION}".freeze
  HEADERS = FileList["{ext,test}/**/*.h"]
  # Those of the tests crash, lie and are included on purpose.
  SOURCES = FileList["ext/**/*.c"]

  def self.here?
    system(CLANG, "--version", out: File::NULL, err: File::NULL)
  end

  def self.command(source, seen)
    ruby = RbConfig::CONFIG.values_at("rubyarchhdrdir", "rubyhdrdir")
    includes = [*ruby, "/usr/include/yajl", source[%r{\Aext/\w+}]]
    [CLANG, "--analyze", "--analyzer-output", "text", "-Xclang", "-analyzer-werror", "-std=gnu11",
     "-D_GNU_SOURCE", '-DHEAPDUMP_VERSION=""', *includes.flat_map { |path| ["-I", path] },
     source, "-o", seen]
  end
end

namespace :lint do
  seen = Analyzer::SOURCES.map { |source| "#{Analyzer::DIR}/#{source}.seen" }
  seen.zip(Analyzer::SOURCES) do |file, source|
    file file => [source, *Analyzer::HEADERS] do
      mkdir_p File.dirname(file), verbose: false
      sh(*Analyzer.command(source, file), verbose: false)
      touch file, verbose: false
    end
  end

  multitask "analyze:all" => seen

  desc "Look for mistakes in the C sources with clang's analyzer"
  task :analyze do
    next warn "lint:analyze SKIPPED: no #{Analyzer::CLANG} here" unless Analyzer.here?

    Rake::Task["lint:analyze:all"].invoke
    puts "#{seen.size} C files, no warning by #{Analyzer::CLANG}"
  end
end
