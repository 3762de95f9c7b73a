# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"
require "tmpdir"

# Compiles a C program with the address and undefined-behaviour sanitizers and runs it: the parts of
# the reader that know no Ruby are tested without it.
class CProgram
  ROOT = File.expand_path("../..", __dir__)
  FLAGS = %w[
    -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  ].freeze
  INCLUDES = %w[ext/heapgraph test/heapgraph].map { |path| "-I#{File.join(ROOT, path)}" }.freeze

  # Sources are paths below the root of the project, libraries as the linker knows them.
  def initialize(name, sources, libraries: %w[pthread])
    @name = name
    @sources = sources.map { |path| File.join(ROOT, path) }
    @libraries = libraries.map { |library| "-l#{library}" }
  end

  # Whether there is a compiler that can do this here; else why not.
  def self.missing
    return @missing if defined?(@missing)

    @missing = Dir.mktmpdir do |dir|
      source = File.join(dir, "empty.c")
      File.write(source, "int main(void) { return 0; }\n")
      output, status = Open3.capture2e(compiler, *FLAGS, source, "-o", File.join(dir, "empty"))
      status.success? ? nil : "no C compiler with sanitizers: #{output.lines.first}"
    rescue Errno::ENOENT
      "no C compiler: #{compiler}"
    end
  end

  def self.compiler
    ENV.fetch("CC") { RbConfig::CONFIG.fetch("CC")[/\S+/] }
  end

  # Compiles and runs it. What it printed and how it ended, at most `seconds` later.
  def run(*arguments, seconds: 300)
    Dir.mktmpdir do |dir|
      binary = File.join(dir, @name)
      output, status = Open3.capture2e(self.class.compiler, *FLAGS, *INCLUDES, *@sources,
                                       "-o", binary, *@libraries)
      return [output, status] unless status.success?

      Open3.capture2e(environment, "timeout", "--signal=KILL", seconds.to_s, binary,
                      *arguments.map(&:to_s))
    end
  end

  private

  # Whatever is preloaded into this process would come before the sanitizers' own library.
  def environment
    { "LD_PRELOAD" => nil, "ASAN_OPTIONS" => "detect_leaks=1:abort_on_error=0",
      "UBSAN_OPTIONS" => "print_stacktrace=1" }
  end
end
