# frozen_string_literal: true

require "test_helper"
require "rbconfig"

# A dump gets its name only when what was counted while it was written is what the file holds.
class TestSelfCheck < HeapDumpTest
  def path
    File.join(scratch, "heap.json")
  end

  # Whatever block of the file the disk has lost, the first of a process or the footer.
  def test_a_disk_that_loses_writes
    library = lying_disk
    %w[1 2 last].each do |lost|
      out = Child.ruby!(<<~'RUBY', path, env: { "LD_PRELOAD" => library, "LYING_DISK" => lost }).out
        require "heapdump"
        KEPT = Array.new(30_000) { |i| "a string that is long enough: #{i}" }
        begin
          puts HeapDump.dump(ARGV[0]).inspect
        rescue HeapDump::WriteError => e
          puts e.message
        end
      RUBY
      assert_match(/checking what was written/, out, "write #{lost} was lost")
      assert_empty Dir.children(scratch) - [File.basename(library)]
    end
    assert_whole dump_with(library, lost: nil)
  end

  def test_the_footer_counts_lines_and_roots
    [{}, { processes: 1 }, { fork: false }].each do |options|
      HeapDump.dump(path, **options)
      lines = File.readlines(path)
      footer = JSON.parse(lines.last)
      roots = lines.count { |line| line.start_with?('{"type":"ROOT"') }
      assert_equal lines.size, footer["lines"]
      assert_equal roots, footer["roots"]
      assert_equal lines.size, footer["objects"] + roots + 2
    end
  end

  # The assertions of the suite's build are there.
  def test_contracts_are_checked
    skip "this build checks none (HEAPDUMP_CHECK=0)" if ENV["HEAPDUMP_CHECK"] == "0"
    assert HeapDump.send(:checked?)
  end

  private

  def dump_with(library, lost:)
    Child.ruby!('require "heapdump"; HeapDump.dump(ARGV[0])', path,
                env: { "LD_PRELOAD" => library, "LYING_DISK" => lost })
    Dump.skim(path)
  end

  def lying_disk
    source = File.expand_path("../../support/lying_disk/lying_disk.c", __dir__)
    library = File.join(scratch, "lying_disk.so")
    compiler = RbConfig::CONFIG.fetch("CC")[/\S+/]
    system(compiler, "-shared", "-fPIC", "-o", library, source, "-ldl", exception: true)
    library
  end
end
