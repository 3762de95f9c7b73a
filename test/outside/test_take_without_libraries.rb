# frozen_string_literal: true

require "test_helper"
require "support/missing_libraries"
require "support/outside"

# The process compresses, and it may lack libraries that this command has. The name says what the
# dump is.
class TestTakeWithoutLibraries < HeapDumpTest
  def setup
    super
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    @loader = MissingLibraries.loader(scratch) or skip "only Linux preloads libraries so"
  end

  def test_the_name_says_what_it_is
    MissingLibraries::MACHINES.each do |lacking, endings|
      assert_taken(lacking, "heap.json.zst", "heap.json#{endings.first}")
    end
  end

  # Without a stem, and with nothing to leave out.
  def test_odd_names
    both = "libzstd.so.1 libz.so.1"
    assert_taken(both, ".zst", "heap")
    assert_taken(both, "heap.json", "heap.json")
    assert_taken("libz.so.1", ".json.gz", ".json")
  end

  def assert_taken(lacking, wanted, name)
    written = File.join(scratch, name)
    Outside.with_process("sleep", env: MissingLibraries.environment(@loader, lacking)) do |pid|
      status, out, err = Outside.heapdump("take", pid, "-o", File.join(scratch, wanted), "--json")
      assert_equal [0, written], [status, JSON.parse(out)["path"]], err
      assert_equal told(lacking, wanted, written), err
    end
    assert_equal name[/\.(zst|gz)\z/].to_s, MissingLibraries.kind(written)
    assert_equal [name], Dir.children(scratch).grep_v(/\Apreloaded/)
    File.unlink(written)
  end

  def told(lacking, wanted, written)
    return "" if written.end_with?(wanted)

    names = { "libzstd.so.1" => "libzstd", "libz.so.1" => "zlib" }.filter_map do |file, name|
      name if lacking.include?(file) && (wanted.end_with?(".zst") || name == "zlib")
    end
    "heapdump: the process cannot load #{names.join(" and ")}, so its dump is in #{written} " \
      "instead of a #{wanted[/\.\w+\z/]} file\n"
  end
end
