# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shippable"

# A place that is, through a link or not, that of the dumps themselves.
class TestShipItself < HeapDumpTest
  include CommandLine
  include Shippable

  # With --delete there would be none of it any more.
  def test_links_at_the_target
    dump("series-x/a.json")
    dump("b.json")
    File.symlink("#{from}/series-x", "#{to}/series-x")
    File.symlink("#{from}/b.json", "#{to}/b.json")
    told = ship(HeapDump::Ship.sink(to), pauses: [], delete: true)
    assert_equal ["#{to}/b.json is the dump itself, through a link; give another place",
                  "#{to}/series-x/a.json is the dump itself, through a link; give another place"],
                 told.failures.map { |failure| failure[1] }.sort
    assert_equal %w[b.json series-x/a.json],
                 files(from).grep_v(/manifest|failed/)
  end

  def test_what_is_refused
    path = dump("series-x/a.json")
    File.symlink(from, "#{scratch}/link")
    [from, "#{from}/series-x", "#{scratch}/link", "#{scratch}/link/series-x"].each do |place|
      answer = heapdump("ship", from, "--to", place, "--once", "--delete")
      assert_equal [1, ""], [answer.status, answer.out]
      assert_match(/\Aheapdump: #{place} is the directory itself, or that of a series/, answer.err)
    end
    assert_equal %w[series-x/a.json], files(from)
    assert_refused_at_once(path)
  end

  # By `take --to`.
  def assert_refused_at_once(path)
    require "heapdump/cli/ship_one"
    one = HeapDump::CLI::ShipOne.new(HeapDump::Ship.sink(File.dirname(path)), StringIO.new)
    error = assert_raises(HeapDump::Error) { one.call(path) }
    assert_match(/\Athe dump is at #{path}, but it was not shipped: .* itself/, error.message)
  end

  # A directory of dumps may be behind a link.
  def test_a_directory_behind_a_link
    dump("a.json")
    File.symlink(from, "#{scratch}/link")
    heapdump!("ship", "#{scratch}/link", "--to", to, "--once", "--delete")
    assert_equal [[], %w[a.json a.json.manifest.json]], [files(from), files(to)]
  end
end
