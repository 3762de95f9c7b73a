# frozen_string_literal: true

require "test_helper"

# How both extensions are built: what they show of themselves, and what stands in the way of one who
# has found a hole in them.
class TestHardening < HeapDumpTest
  EXPORTS = {
    "heapdump" => %w[Init_heapdump heapdump_count_objects_print heapdump_count_objects_return
                     heapdump_dump],
    "heapgraph" => %w[Init_heapgraph]
  }.freeze

  def setup
    super
    skip "SKIPPED: extensions here are no ELF" unless RbConfig::CONFIG["host_os"].match?(/linux/)
    %w[nm readelf].each do |tool|
      there = system(tool, "--version", out: File::NULL, err: File::NULL)
      skip "SKIPPED: no #{tool} here (Debian: apt-get install binutils)" unless there
    end
  end

  EXPORTS.each do |name, exports|
    define_method("test_#{name}_exports_what_is_called_from_outside") do
      symbols = output("nm", "-D", "--defined-only", library(name)).lines
      assert_equal exports, symbols.map { |line| line.split.last }.sort
    end

    define_method("test_#{name}_is_relocated_before_it_runs_and_read_only_afterwards") do
      segments = output("readelf", "-lW", library(name))
      assert_includes segments, "GNU_RELRO"
      assert_match(/\(FLAGS(?:_1)?\)\s.*\b(?:BIND_)?NOW\b/, output("readelf", "-dW", library(name)))
    end

    define_method("test_#{name}_has_no_memory_that_is_written_and_executed") do
      segments = output("readelf", "-lW", library(name)).lines.grep(/^\s+(LOAD|GNU_STACK)\s/)
      assert(segments.any? { |line| line.include?("GNU_STACK") })
      assert_empty segments.grep(/\bRWE\b|\bRW E\b/)
    end

    define_method("test_#{name}_guards_its_stack") do
      assert_match(/ U __stack_chk_fail\b/, output("nm", "-D", library(name)))
    end

    # Its author's directories, where others may put a library some day.
    define_method("test_#{name}_looks_for_libraries_in_no_relative_place") do
      places = output("readelf", "-dW", library(name))[/\(R(?:UN)?PATH\)[^\[]*\[(.*)\]/, 1].to_s
      assert_empty places.split(":", -1).reject { |place| place.start_with?("/", "$ORIGIN") }
    end
  end

  def test_attach_is_built_like_programs_of_distributions
    program = File.expand_path("../../lib/heapdump/attach", __dir__)
    skip "SKIPPED: attach is not built here" unless File.exist?(program)
    segments = output("readelf", "-lW", program)
    assert_includes segments, "GNU_RELRO"
    assert_match(/Elf file type is DYN/, segments)
    assert_empty segments.lines.grep(/^\s+(LOAD|GNU_STACK)\s/).grep(/\bRWE\b|\bRW E\b/)
    assert_match(/\bNOW\b/, output("readelf", "-dW", program))
    assert_match(/ U __stack_chk_fail\b/, output("nm", "-D", program))
    assert_equal 0, File.stat(program).mode & 0o6022, "it has no rights of its own"
  end

  private

  def library(name)
    File.expand_path("../../lib/heapdump/#{name}.so", __dir__)
  end

  def output(*command)
    text = IO.popen({ "LC_ALL" => "C" }, command, &:read)
    assert_predicate Process.last_status, :success?, command.join(" ")
    text
  end
end
