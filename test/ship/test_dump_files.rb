# frozen_string_literal: true

require "test_helper"
require "heapdump/watch/directory"
require "minitest/mock"
require "support/shippable"

# Who reads, ships and removes dumps means the same files, whatever is in them.
class TestDumpFiles < HeapDumpTest
  include Shippable

  DUMPS = %w[a.json a.json.gz a.partial-x a.json.shipped-too a.failed.json].freeze
  OTHERS = %w[a.json.partial-7 a.json.hdidx a.json.hdidx.7 a.json.hdextract a.json.hdextract.7
              a.json.manifest.json a.json.manifest.json.7 a.json.shipped a.json.shipped.7
              a.json.failed a.json.failed.7].freeze

  def test_all_agree
    [*DUMPS, *OTHERS].each { |name| dump("series-h-1-x/#{name}") }
    series = "#{from}/series-h-1-x"
    seen = [HeapDump::Snapshot::Directory.dumps(series), dumps.all.map(&:path),
            HeapDump::Watch::Directory.new(from).dumps_of("series-h-1-x").map(&:path)]
    seen.each { |paths| assert_equal DUMPS.sort, paths.map { |path| File.basename(path) }.sort }
  end

  # The mark that a dump is safe elsewhere outlives the dump and the rest.
  def test_a_mark_goes_last
    path = dump("a.json")
    gone = []
    File.stub(:unlink, ->(file) { gone << file.delete_prefix(path) }) do
      HeapDump::Ship::Keep.remove(dumps.find("a.json"))
    end
    beside = %w[.hdidx .hdextract .manifest.json .unfinished .failed .shipped]
    assert_equal ["", *beside], gone
  end

  def test_names_of_series
    ["series-web.1-7-x", "series-", "other", "series-a b"].each { |name| dump("#{name}/a.json") }
    names = dumps.all.map { |dump| File.dirname(dump.name) }
    assert_equal %w[series-web.1-7-x], names
    assert_equal names, HeapDump::Watch::Directory.new(from).all_series
  end
end
