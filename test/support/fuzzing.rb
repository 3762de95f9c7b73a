# frozen_string_literal: true

require "fileutils"
require "minitest"
require "support/dumps"
require "support/reader_program"

# Runs one of the targets in test/heapgraph/fuzz for a while, with seeds from a real dump.
class Fuzzing
  CLANG = "clang-14"
  HOME = File.join(CProgram::ROOT, "tmp/fuzz")
  LONGEST = 2000
  LINES_OF_A_FILE = 12

  class << self
    # Lines of every shape that a nasty heap has: seeds for `line`, and in small files for `source`,
    # some of them compressed. For `index`, one byte in each field of the header, and cuts.
    def write_seeds(directory, target)
      FileUtils.mkdir_p(directory)
      return write_damages(directory) if target == "index"

      lines.each_slice(target == "line" ? 1 : LINES_OF_A_FILE).with_index do |some, i|
        path = File.join(directory, i.to_s)
        File.binwrite(path, target == "line" ? some.first.chomp : some.join)
        compress(path, i) if target == "source"
      end
    end

    private

    def write_damages(directory)
      (0..2000).step(8) do |offset|
        damage = [offset % 16 / 8, offset, 0, 1, 1].pack("CvCCC")
        File.binwrite(File.join(directory, offset.to_s), damage)
      end
      (2..254).step(28) { |mode| File.binwrite(File.join(directory, "cut-#{mode}"), mode.chr) }
    end

    def lines
      @lines ||= File.foreach(Dumps.small.path, mode: "rb")
                     .reject { |line| line.bytesize > LONGEST }
                     .uniq { |line| line.gsub(/0x\h+|\d+/, "")[0, 120] }.first(400)
    end

    def compress(path, number)
      case number % 4
      when 1 then system("gzip", "-kf", path)
      when 2 then system("zstd", "-qf", path)
      end
    end
  end

  def initialize(target)
    @target = target
    @seeds = File.join(HOME, target, "seeds")
    @found = File.join(HOME, target, "found")
    FileUtils.mkdir_p(@found)
    self.class.write_seeds(@seeds, target)
  end

  def run(seconds)
    guided = system(CLANG, "--version", out: File::NULL, err: File::NULL)
    binary = guided ? compile : ReaderProgram.fuzz(@target).binary
    directories = guided ? [@found, @seeds] : [@seeds]
    options = { chdir: File.join(HOME, @target) }
    system({ "ASAN_OPTIONS" => "quarantine_size_mb=4" }, binary, "-max_total_time=#{seconds}",
           *directories, **options) or raise "fuzzing #{@target} failed: see #{options[:chdir]}"
  end

  private

  def compile
    binary = File.join(HOME, @target, "fuzz")
    system(CLANG, "-std=gnu11", "-g", "-O1", "-D_GNU_SOURCE", *CProgram::INCLUDES,
           "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
           "test/heapgraph/fuzz/#{@target}.c", *CProgram.reader_sources, "-o", binary,
           *CProgram.yajl_includes, *CProgram.yajl_libraries, "-lpthread", "-ldl",
           chdir: CProgram::ROOT) or raise "cannot compile #{@target}"
    binary
  end
end
