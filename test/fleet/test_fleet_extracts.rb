# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"
require "heapdump/fleet"

# Dumps that have gone, of which an extract is left: their numbers come into a store as they come
# into trends.
class TestFleetExtracts < HeapDumpTest
  include CommandLine
  include GrownDumps

  COUNTS = Array.new(8) { |at| 200 * (at + 1) }.freeze

  def test_extracts_whose_dumps_have_gone
    before, after = [false, true].map do |gone|
      paths = extracted(grown(*COUNTS))
      File.delete(*paths.first(6)) if gone
      assert_equal ["8 dumps imported.\n", ""], fleet("import", scratch).to_a.last(2)
      assert_equal "0 dumps imported, 8 were there.\n", fleet("import", scratch).out
      rows = %w[leaks classes].map { |question| fleet(question, "--json").json["rows"] }
      File.delete(*Dir["#{scratch}/*"])
      @dumps = 0
      rows
    end
    assert_equal before, after
    assert_equal ["Session"], before.first.map { |row| row["class_name"] }
  end

  # The dump goes after it was imported.
  def test_an_extract_of_a_dump_that_was_imported
    paths = extracted(grown(*COUNTS))
    fleet("import", scratch)
    File.delete(*paths)
    assert_equal "0 dumps imported, 8 were there.\n", fleet("import", scratch).out
    assert_equal "0 dumps imported, 2 were there.\n",
                 fleet("import", *paths.first(2).map { |path| "#{path}.hdextract" }).out
  end

  # Those that do not name their process are of one process, too.
  def test_of_dumps_that_do_not_name_their_process
    paths = extracted(Array.new(4) { |at| dump(at, pid: nil) { |made| sessions(made, 200 * at) } })
    File.delete(*paths.first(2))
    assert_equal "4 dumps imported.\n", fleet("import", scratch).out
    assert_equal 1, fleet("processes", "--json").json["rows"].size
  end

  def test_a_damaged_one_is_told
    paths = extracted(grown(*COUNTS.first(2)))
    File.delete(paths.first)
    File.truncate("#{paths.first}.hdextract", 50)
    answer = fleet("import", scratch)
    assert_equal [1, "1 dump imported, 1 skipped.\n"], answer.to_a.first(2)
    assert_match(/skipped \S+hdextract: .*no extract of a dump/, answer.err)
  end

  private

  def extracted(paths)
    paths.each { |path| HeapDump::Extract.of(path) }
  end

  def fleet(*arguments)
    heapdump("fleet", *arguments, "--store", "sqlite:#{scratch}/fleet.db")
  end
end
