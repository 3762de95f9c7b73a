# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/many_procs"
require "support/shop"
require "support/slow_heap"

# Procs by the places where they are written, each looked for again in the lines of a real dump.
class TestProcs < HeapDumpTest
  include CommandLine

  class << self
    def path
      ManyProcs.dump
    end

    def snapshot
      @snapshot ||= HeapDump::Snapshot.open(path, index: false)
    end

    def slow
      @slow ||= SlowHeap.new(path)
    end
  end

  def snapshot
    self.class.snapshot
  end

  def slow
    self.class.slow
  end

  def field(line, *names)
    names.reduce(line) { |at, name| at && slow.lines[at[name]] }
  end

  # The addresses of procs by their places, by the lines alone.
  def by_place(live: true)
    procs = slow.lines.select do |address, line|
      line["struct"] == "proc" && (!live || slow.live.include?(address))
    end
    places = procs.group_by do |_, line|
      code = field(line, "iseq") || field(line, "ifunc", "data", "entry", "iseq")
      code && "#{code["file"]}:#{code["line"]}"
    end
    places.transform_values { |pairs| pairs.map(&:first).sort }
  end

  def test_every_place_with_its_procs
    expected = by_place
    unknown = expected.delete(nil) || []
    found = snapshot.procs(limit: 100_000)
    assert_equal expected.sum { |_, procs| procs.size }, found.placed
    assert_equal found.placed + unknown.size, found.live
    assert_equal expected.size, found.places
    assert_equal expected.transform_values(&:size), found.to_h { |one| [one.place, one.procs] }
    assert_equal found.map(&:procs).sort.reverse, found.map(&:procs)
    found.each { |one| assert_includes expected[one.place], one.example.to_s }
  end

  def test_places_that_are_repeated
    found = snapshot.procs(limit: 3)
    assert_equal [["/srv/app/bus.rb:10", 300], ["/srv/app/bus.rb:13", 40],
                  ["/srv/app/rules.rb:7", 20]], found.map { |one| [one.place, one.procs] }
    assert_equal ['ManyProcsBus#@subscribers […]', "ManyProcsBus constant LISTENERS […] […]"],
                 found.first(2).map(&:held_by)
    assert_match(/\Ablock in .*each_request\z/, found.first.label)
    assert_equal [300, 50], [found.first.procs, found.first.sampled]
  end

  def test_what_they_retain
    expected = by_place
    snapshot.procs(limit: 3).each do |one|
      addresses = expected.fetch(one.place)
      assert_equal slow.bytes(addresses), one.bytes
      assert_operator one.retained, :<=, slow.bytes(slow.retained(*addresses))
      next if addresses.size > 20

      assert_equal addresses.sum { |address| slow.bytes(slow.retained(address)) }, one.retained
    end
    assert_operator snapshot.procs(limit: 1).first.retained, :>, 300 * 1000
  end

  def test_find_by_place
    by_place(live: false).each do |place, addresses|
      next unless place

      found = snapshot.find(where: "proc = #{place.inspect}", sort: :address, limit: 1000)
      assert_equal addresses, found.map(&:to_s)
    end
    assert_equal 300, snapshot.find(where: "proc = /srv/app/bus.rb:10 and retained > 500").total
    assert_equal 0, snapshot.find(where: "proc = /srv/app/bus.rb:10", type: "STRING").total
  end

  def test_find_by_a_short_place
    snapshot.procs(limit: 1000).each do |one|
      short = HeapDump::Snapshot::Places.short(one.place)
      assert_operator snapshot.find(where: "proc = #{short.inspect}").total, :>=, one.procs
    end
  end

  def test_no_such_place
    error = assert_raises(HeapDump::NotFound) { snapshot.find(where: "proc = app/nowhere.rb:1") }
    assert_match(%r{no proc that is written at app/nowhere\.rb:1 \(`heapdump procs`},
                 error.message)
    assert_raises(HeapDump::Snapshot::InvalidCondition) { snapshot.find(where: "proc = ") }
    assert_raises(HeapDump::Snapshot::InvalidCondition) { snapshot.find(where: "proc != a:1") }
  end

  def test_limits
    assert_equal 0, snapshot.procs(limit: 0).size
    assert_equal snapshot.procs.places, snapshot.procs(limit: 0).places
    assert_raises(ArgumentError) { snapshot.procs(limit: -1) }
  end

  def test_dump_of_objspace_does_not_say_it
    foreign = HeapDump::Snapshot.open(Shop.dump(:dump_all), index: false)
    assert_operator foreign.procs.live, :positive?
    assert_equal [0, 0, 0], [foreign.procs.placed, foreign.procs.places, foreign.procs.size]
    out = heapdump!("procs", Shop.dump(:dump_all)).out
    assert_match(/does not say where they are written/, out)
  end

  def test_redacted
    home = "#{Dir.home}/app/bus.rb"
    first = snapshot.redacted.procs(limit: 1).first
    assert_equal ["/srv/app/bus.rb:10", 300], [first.place, first.procs]
    Dir.mktmpdir do |directory|
      other = File.join(directory, "heap.json")
      File.write(other, File.read(self.class.path).gsub("/srv/app/bus.rb", home))
      place = HeapDump::Snapshot.open(other, index: false).redacted.procs(limit: 1).first.place
      assert_equal "~/app/bus.rb:10", place
    end
  end

  def test_the_command
    out = heapdump!("procs", self.class.path, "--limit", "2").out
    assert_match(/\A[\d,]+ procs live\. [\d,]+ of them are written at [\d,]+ places/, out)
    assert_match(%r{^ +300 +\d+\.\d KiB +0x\h+ +/srv/app/bus\.rb:10 +block in}, out)
    assert_match(/each_request +ManyProcsBus\#@subscribers \[…\]$/, out)
    json = heapdump!("procs", self.class.path, "--limit", "2", "--json").json
    found = snapshot.procs(limit: 2)
    assert_equal [found.live, found.placed, found.places],
                 json.values_at("procs", "placed", "total")
    first = found.first
    assert_equal({ "place" => first.place, "label" => first.label, "procs" => 300,
                   "bytes" => first.bytes, "retained" => first.retained,
                   "example" => first.example.to_s, "sampled" => 50,
                   "owners" => [{ "owner" => 'ManyProcsBus#@subscribers […]', "count" => 50 }] },
                 json["places"].first)
  end
end
