# frozen_string_literal: true

require "test_helper"
require "heapdump/extract"
require "support/grown_dumps"
require "support/shop"

# What is kept of a dump, and when it is taken from the file and when made anew.
class TestExtract < HeapDumpTest
  include GrownDumps

  Extract = HeapDump::Extract
  FIELDS = %i[identity time warnings complete? rule gc account objects held_objects held_bytes
              garbage_bytes classes ways sites work other_classes other_ways other_sites].freeze

  def setup
    @cache = ENV.fetch("XDG_CACHE_HOME", nil)
    ENV["XDG_CACHE_HOME"] = File.join(scratch, "cache")
  end

  def teardown
    ENV["XDG_CACHE_HOME"] = @cache
    super
  end

  # A copy of the dump of the small program, in a directory of this test.
  def shop(name = "heap.json", options: { gc: false })
    path = File.join(scratch, name)
    FileUtils.cp(Shop.dump(options), path)
    path
  end

  # A dump of a few objects.
  def small(name = "heap.json")
    File.join(scratch, name).tap { |path| File.rename(grown(3).first, path) }
  end

  # Whether the dump was opened, and what was found.
  def of(path)
    opened = false
    extract = Extract.of(path) { opened = true }
    [extract, opened]
  end

  def assert_same(expected, actual)
    FIELDS.each do |name|
      assert_equal [name, expected.public_send(name)], [name, actual.public_send(name)]
    end
  end

  def assert_made_anew(path, expected)
    made, opened = of(path)
    assert opened, "it was taken from the file"
    assert_same expected, made
    refute of(path).last, "it was not kept"
  end

  def test_what_is_in_it
    path = shop
    extract, opened = of(path)
    assert opened
    snapshot = HeapDump::Snapshot.open(path)
    live, bytes, _, garbage = snapshot.graph.totals
    assert_equal [snapshot.objects, live, bytes, garbage],
                 [extract.objects, extract.held_objects, extract.held_bytes, extract.garbage_bytes]
    snapshot.histogram.reject { |row| row.objects.zero? || row.key.nil? }.each do |row|
      unless row.key == "Class"
        assert_equal [row.objects, row.bytes],
                     extract.classes.fetch(row.key).to_a.first(2)
      end
    end
    assert_equal bytes, extract.classes.values.sum(&:bytes)
    assert_equal snapshot.header.values_at("host", "pid", "program", "ruby", "platform"),
                 extract.identity.values_at(:host, :pid, :program, :ruby, :platform)
    assert_equal Time.iso8601(snapshot.header["time"]), extract.time
    assert_equal snapshot.header["gc"]["count"], extract.gc[:count]
    assert_equal({ rss: snapshot.account.rss, **snapshot.account.parts },
                 extract.account.except(:private, :limit))
    assert_predicate extract, :complete?
    assert_equal [[], nil, {}, {}], [extract.warnings, extract.rule, extract.work, extract.sites]
    assert_predicate extract, :frozen?
  end

  def test_ways_and_old_objects
    extract = Extract.of(shop)
    snapshot = HeapDump::Snapshot.open(shop("other.json"))
    assert_equal snapshot.ways.map(&:signature), extract.ways.keys
    cache = extract.ways.values.find do |way|
      way.told.to_s.end_with?("constant CACHE → Hash → […] → Session")
    end
    assert_equal [Shop::SESSIONS, "Session", "app"], [cache.objects, cache.class_name, cache.gem]
    assert_match(/constant Registry::CACHE/, cache.holder)
    old = snapshot.each.count do |node|
      node.reachable? && node.flag?(:old) && node.class_name == "String"
    end
    assert_equal old, extract.classes["String"].old
  end

  def test_it_is_kept_for_the_next_time
    path = small
    first = Extract.of(path)
    second, opened = of(path)
    refute opened
    assert_same first, second
    assert_equal 0o600, File.stat("#{path}.hdextract").mode & 0o777
    assert_equal %w[heap.json heap.json.hdextract], Dir.children(scratch).sort
  end

  def test_it_outlives_its_dump
    path = small
    extract = Extract.of(path)
    moved = File.join(scratch, "moved")
    File.rename("#{path}.hdextract", moved)
    File.unlink(path)
    assert_same extract, Extract.load(moved)
    assert_raises(HeapDump::ReadError) { Extract.of(path) }
  end

  def test_a_damaged_file_is_made_anew
    path = small
    extract = Extract.of(path)
    kept = File.binread("#{path}.hdextract")
    random = Random.new(7)
    damaged = Array.new(8) do
      kept.dup.tap do |bytes|
        bytes.setbyte(random.rand(12...(kept.size - 8)), random.rand(256))
      end
    end
    cut = [0, 1, 20, kept.size / 2, kept.size - 20].map { |size| kept[0, size] }
    [*damaged - [kept], *cut, "junk", Zlib.gzip("junk"), Zlib.gzip("{}\n{}\n"),
     Zlib.gzip("[]\n[]\n")].each do |bytes|
      File.binwrite("#{path}.hdextract", bytes)
      assert_raises(HeapDump::ReadError) { Extract.load("#{path}.hdextract") }
    end
    assert_made_anew(path, extract)
  end

  # Whoever computes the checksum can write what he likes.
  def test_a_file_of_another_shape
    path = small
    extract = Extract.of(path)
    body = JSON.parse(Zlib.gunzip(File.binread("#{path}.hdextract")).lines.last)
    [{ "time" => 7 }, { "time" => "noon" }, { "classes" => [1] }, { "gc" => nil },
     { "ways" => { "a" => [1] } }, { "other_ways" => 7 }, { "objects" => "1" },
     { "objects" => -1 }, { "complete" => 1 }, { "rule" => 7 }, { "warnings" => [7] },
     { "identity" => { "pid" => [] } }, { "gc" => { "count" => "7" } },
     { "account" => { "rss" => nil } }, { "classes" => { "A" => [1, 2, 3, "4"] } },
     { "classes" => { "A" => [1, 2, 3] } }, { "classes" => { "A" => { "objects" => 1 } } },
     { "ways" => { "a" => [*([7] * 5), 1, 2, 3] } }, { "ways" => { "a" => [*(["x"] * 5), 1, 2] } },
     { "ways" => { "a" => [*(["x"] * 5), 1, 2, 3.5] } }, { "sites" => { "a" => [1, nil] } },
     { "work" => { "Job" => "1" } }, { "other_sites" => [1, 2, "3"] },
     { "other_classes" => { "number" => 1 } }, { "objects" => 10**400 },
     { "account" => { "rss" => -(10**400) } }].each do |other|
      text = JSON.generate(body.merge(other))
      head = JSON.generate({ heapdump_extract: 2, sha256: Digest::SHA256.hexdigest(text) })
      File.binwrite("#{path}.hdextract", Zlib.gzip("#{head}\n#{text}\n"))
      error = assert_raises(HeapDump::ReadError, other) { Extract.load("#{path}.hdextract") }
      assert_match(/is no extract of a dump that this version has written/, error.message)
    end
    assert_made_anew(path, extract)
  end

  def test_without_files_beside_the_dump
    path = small
    2.times do
      opened = false
      Extract.of(path, index: false) { opened = true }
      assert opened
    end
    assert_empty Dir.children(scratch).grep(/hdextract|hdidx|cache/)
  end

  def test_an_older_version_is_made_anew
    path = small
    extract = Extract.of(path)
    text = Zlib.gunzip(File.binread("#{path}.hdextract")).sub('"heapdump_extract":2',
                                                              '"heapdump_extract":0')
    File.binwrite("#{path}.hdextract", Zlib.gzip(text))
    assert_made_anew(path, extract)
  end

  def test_that_of_another_dump_does_not_count
    paths = grown(3, 3, base: 0x50_0000)
    other = Extract.of(paths.last)
    Extract.of(paths.first)
    FileUtils.cp("#{paths.first}.hdextract", "#{paths.last}.hdextract")
    assert_made_anew(paths.last, other)
  end

  def test_a_dump_that_has_changed
    path = grown(3).first
    before = Extract.of(path)
    stat = File.stat(path)
    File.write(path, File.read(path).gsub("Session", "Tension"))
    File.utime(stat.atime, stat.mtime, path) # of the same size and time: its ends differ
    after, opened = of(path)
    assert opened
    assert_includes before.classes, "Session"
    assert_includes after.classes, "Tension"
  end

  def test_where_the_directory_cannot_be_written
    path = small
    Dir.mkdir("#{path}.hdextract")
    extract = Extract.of(path)
    second, opened = of(path)
    refute opened, "it is in the cache of the user"
    assert_same extract, second
    FileUtils.rm_rf(ENV.fetch("XDG_CACHE_HOME"))
    File.write(ENV.fetch("XDG_CACHE_HOME"), "a file is in the way")
    assert_same extract, Extract.of(path)
  end

  def test_links_are_not_followed
    path = small
    target = File.join(scratch, "target")
    File.write(target, "precious")
    File.symlink(target, "#{path}.hdextract")
    Extract.of(path)
    assert_equal "precious", File.read(target)
    refute of(path).last
  end

  def test_no_values_of_the_program
    path = dump do |made|
      secret = made.string("SECRET-value")
      thread = made.thread([["go", "/app/a.rb", 3]], thread_name: "SECRET-thread")
      made.local(thread, 0, "held", made.object("Session", ivars: { "@a" => secret }))
      made.root(thread)
      file = made.file("File", path: "/SECRET-path", fd: 7)
      made.constant("MAP",
                    made.hash([[secret, made.object("Session")], [secret, file],
                               [7_777_777, secret]]))
    end
    Extract.of(path)
    text = Zlib.gunzip(File.binread("#{path}.hdextract"))
    refute_includes text, "SECRET"
    refute_includes text, "7777777"
    assert_includes text, "held"
  end

  def test_what_a_watch_has_noted
    path = grown(2).first
    Extract.of(path)
    manifest = { file: File.basename(path), app: "shop", series: "k2", revision: "abc",
                 host: "other", work: { "OrdersController#show" => 7, "bad" => "x" },
                 rule: "memory", facts: { private: 4096 } }
    File.write("#{path}.manifest.json", JSON.generate(manifest))
    extract, opened = of(path)
    assert opened, "it has been written meanwhile"
    assert_equal ["shop", "k2", "abc", "here", 7],
                 extract.identity.values_at(:app, :series, :revision, :host, :pid)
    assert_equal ["memory", { "OrdersController#show" => 7 }], [extract.rule, extract.work]
    assert_equal 4096, extract.account[:private]
    refute of(path).last
    File.write("#{path}.manifest.json", "{") # or none any more
    refute of(path).last, "what was known remains"
  end

  def test_the_time_of_dumps_without_header
    source = Shop.dump(:dump_all)
    { "heap-1731580800.dump" => Time.at(1_731_580_800),
      "w3_1731580800123.json" => Time.at(1_731_580_800, 123, :millisecond),
      "plain.json" => nil }.each do |name, time|
      path = File.join(scratch, name)
      FileUtils.cp(source, path)
      extract = Extract.of(path)
      assert_equal (time || File.mtime(path)).utc.floor(3), extract.time
      assert_equal extract.time, Extract.of(path).time
      assert_match(/has no time of its own/, extract.warnings.last)
      assert_predicate extract, :complete?
      assert_empty extract.gc
      assert_operator extract.ways.size, :>, 10
    end
  end

  # Stores and series could hold none of these.
  def test_headers_that_lie
    { pid: [1 << 70, "7", nil, -1], time: ["300000-01-01T00:00:00Z", "-0005-01-01T00:00:00Z",
                                           "1960-01-01T00:00:00Z"] }.each do |field, values|
      values.each_with_index do |value, i|
        path = "#{scratch}/#{field}#{i}.json"
        File.write(path, File.read(Shop.dump).sub(/"#{field}":("[^"]*"|\d+)/) do
          "#{JSON.generate(field)}:#{JSON.generate(value)}"
        end)
        extract = Extract.of(path)
        assert_nil extract.identity[:pid] if field == :pid
        assert_in_delta File.mtime(path), extract.time, 1 if field == :time
      end
    end
  end

  def test_places_of_allocations
    path = shop(options: { traced: true })
    sites = Extract.of(path).sites
    snapshot = HeapDump::Snapshot.open(path)
    snapshot.histogram(by: :location).select(&:key).first(50).each do |row|
      assert_equal [row.objects, row.bytes], sites.fetch(row.key).to_a
    end
  end

  def test_limits
    names = [*"Ca".."Cz", "#{"L" * 600}a", "#{"L" * 600}b"]
    path = dump { |made| made.constant("ALL", made.array(names.map { |name| made.object(name) })) }
    snapshot = HeapDump::Snapshot.open(path)
    origin = Extract.const_get(:Origin).new(snapshot, path, {})
    all, some = [100, 20].map do |most|
      Extract.new(**Extract.const_get(:Making).new(snapshot, origin, most: most).fields)
    end
    assert_equal [nil, nil], [all.other_classes, all.other_ways]
    texts = all.classes.keys + all.ways.values.map(&:class_name)
    assert_equal 500, texts.map(&:size).max
    assert_equal 2, all.classes.keys.count { |name| name.size == 500 }, "they differ"
    assert_equal [20, 20], [some.classes.size, some.ways.size]
    assert_equal all.ways.size - 20, some.other_ways.number
    sums = [some.other_classes, *some.classes.values]
    assert_equal [some.held_objects, some.held_bytes], [sums.sum(&:objects), sums.sum(&:bytes)]
  end

  def test_a_damaged_dump
    path = shop
    File.truncate(path, File.size(path) / 2)
    extract = Extract.of(path)
    refute_predicate extract, :complete?
    refute_empty extract.warnings
    assert_same extract, of(path).first
  end

  def test_what_is_no_dump
    path = File.join(scratch, "junk.json")
    File.write(path, "junk\n" * 100)
    assert_raises(HeapDump::ReadError) { Extract.of(path) }
    assert_raises(HeapDump::ReadError) { Extract.load(path) }
    assert_raises(HeapDump::ReadError) { Extract.of(scratch) }
    assert_raises(HeapDump::ReadError) { Extract.of(File.join(scratch, "missing")) }
    assert_equal %w[junk.json], Dir.children(scratch)
  end
end
