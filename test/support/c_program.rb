# frozen_string_literal: true

require "digest/sha2"
require "fileutils"
require "open3"
require "rbconfig"
require "tmpdir"

# Compiles a C program with the address and undefined-behaviour sanitizers and runs it: the parts of
# the reader and of the dumper that know no Ruby are tested without it.
class CProgram
  ROOT = File.expand_path("../..", __dir__)
  OBJECTS = File.join(ROOT, "tmp/objects")
  FLAGS = %w[
    -std=gnu11 -D_GNU_SOURCE -DHEAPDUMP_CHECK -g -O1
    -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  ].freeze
  INCLUDES = [*%w[ext/heapgraph test/heapgraph].map { |path| "-I#{File.join(ROOT, path)}" },
              *RbConfig::CONFIG.values_at("rubyhdrdir", "rubyarchhdrdir").flat_map do |path|
                ["-isystem", path]
              end].freeze
  LIBRARIES = %w[-lpthread -lm -ldl].freeze

  # What is no C here: the compiler's answer.
  class CompileError < StandardError; end

  class << self
    # Why no program can be compiled here, nil where it can.
    def missing
      return @missing if defined?(@missing)

      @missing = Dir.mktmpdir do |dir|
        source = File.join(dir, "empty.c")
        File.write(source, "int main(void) { return 0; }\n")
        compile(source, "-o", File.join(dir, "empty"))
        nil
      rescue CompileError, Errno::ENOENT => e
        "no C compiler with sanitizers: #{e.message.lines.first}"
      end
    end

    # All that a source may include of ours.
    HEADERS = "{ext,test}/**/*.h"
    private_constant :HEADERS

    def compile(*arguments, chdir: ROOT)
      output, status = Open3.capture2e(compiler, *FLAGS, *arguments, *INCLUDES, chdir: chdir)
      raise(CompileError, output) unless status.success?
    end

    # Everything of the reader that knows no Ruby, as objects and libraries.
    def reader
      @reader ||= [*reader_sources.map { |source| object_of(source) }, *yajl_libraries, "-lpthread",
                   "-ldl"]
    end

    # The directory in which objects are kept until nobody has used them for a day.
    def objects
      @objects ||= OBJECTS.tap do |directory|
        FileUtils.mkdir_p(directory)
        Dir["#{directory}/*.o"].each { |file| FileUtils.rm_f(file) if old?(file) }
      end
    end

    # The object of a source, which is kept for other programs and for the next process, until
    # something changes of what it is made from. Headers are looked for in these directories first.
    def object_of(source, *directories, defined: [])
      options = directories.map { |directory| "-I#{directory}" } + yajl_includes
      options += defined.map { |macro| "-D#{macro}" }
      object = "#{objects}/#{File.basename(source, ".c")}-#{state(source, options)}.o"
      unless File.exist?(object)
        compile("-c", *options, source, "-o", "#{object}.#{Process.pid}")
        File.rename("#{object}.#{Process.pid}", object)
      end
      FileUtils.touch(object)
      object
    end

    def reader_sources
      Dir[File.join(ROOT, "ext/heapgraph/*/*.c")].grep_v(%r{/binding/})
    end

    # As extconf.rb: that of the system, or else that of the gem.
    def yajl_includes
      libyajl2 ? ["-I#{libyajl2.include_path}"] : []
    end

    def yajl_libraries
      path = libyajl2&.opt_path
      path ? ["-L#{path}", "-Wl,-rpath,#{path}", "-lyajl"] : ["-lyajl"]
    end

    private

    # Of all that an object is made from.
    def state(source, options)
      @common ||= begin
        headers = Dir[HEADERS, base: ROOT].sort.map { |file| File.read(File.join(ROOT, file)) }
        [compiler, FLAGS, INCLUDES, headers].join("\0")
      end
      Digest::SHA256.hexdigest([@common, options, source, File.read(source)].join("\0"))[0, 16]
    end

    def old?(file)
      File.mtime(file) < Time.now - 86_400
    rescue Errno::ENOENT
      false # another process was faster
    end

    def compiler
      ENV.fetch("CC") { RbConfig::CONFIG.fetch("CC")[/\S+/] }
    end

    def libyajl2
      return if File.exist?("/usr/include/yajl/yajl_parse.h")

      require "libyajl2"
      Libyajl2
    end
  end

  # Sources are paths below the root of the project; with `reader`, all of the reader is linked.
  # Headers are looked for in `include` (a path below the root, too) before the reader's own.
  # Calls of functions that are wrapped go to __wrap_… of the program.
  # Macros that are defined ("NAME=1") are so in all sources, but not in the reader.
  def initialize(name, sources, reader: false, wrapped: [], include: nil, defined: [])
    @name = name
    @wrapped = wrapped.map { |function| "-Wl,--wrap=#{function}" }
    @sources = sources.map { |path| File.join(ROOT, path) }
    @reader = reader
    @defined = defined
    @include = include ? [File.join(ROOT, include)] : []
  end

  # Compiles and runs it. What it printed and how it ended, at most `seconds` later.
  def run(*arguments, seconds: 300)
    Dir.mktmpdir do |dir|
      binary = File.join(dir, @name)
      linked = @reader ? self.class.reader : LIBRARIES
      objects = @sources.map { |source| self.class.object_of(source, *@include, defined: @defined) }
      self.class.compile(*objects, "-o", binary, *linked, *@wrapped)
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
