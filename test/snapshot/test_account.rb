# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "json"

# Snapshot#account of headers that are made by hand: the sum is always the RSS.
class TestSnapshotAccount < HeapDumpTest
  include CommandLine

  MEMORY = {
    rss: 100_000, anonymous: 60_000,
    allocator: { name: "glibc", version: "2.36", arenas: 2, in_use: 30_000, untouched: 4_000,
                 free: 10_000, mapped: 40_000, resident: 38_000 },
    stacks: { threads: 2, fibers: 0, reserved: 9_000_000, touched: 5_000, in_memsize: 1_000 },
    code: { bytes: 30_000, files: [{ path: "/lib/libruby.so", bytes: 20_000 }] },
    heap_pages: { bytes: 20_000, touched: 15_000 }
  }.freeze

  def account(**changes)
    memory = MEMORY.merge(changes).compact
    objects = [{ address: "0x1000", type: "STRING", bytesize: 1, memsize: 6_040 }]
    lines = [{ type: "HEADER", format: 1, heapdump: "0", ruby: "3.1.2", memory: memory },
             { type: "ROOT", root: "vm", references: %w[0x1000] }, *objects,
             { type: "FOOTER", objects: 1, roots: 1, lines: 4, complete: true,
               heaps: [{ slot_size: 40, pages: 1, slots: 10, free: 9 }] }]
    path = File.join(scratch, "heap.json")
    File.write(path, lines.map { |line| "#{JSON.generate(line)}\n" }.join)
    HeapDump::Snapshot.open(path, index: false).account
  end

  def test_the_parts
    parts = { heap_pages: 15_000, object_malloc: 5_000, other_malloc: 21_000, free_malloc: 12_000,
              stacks: 5_000, code: 30_000, jit: 0, rest: 12_000 }
    assert_equal parts, account.parts
    assert_equal parts.keys, account.parts.keys
    assert_predicate account.parts, :frozen?
    assert_equal 100_000, account.rss
    assert_equal 5_000, account.object_bytes
    assert_equal 0, account(stacks: { touched: 1, in_memsize: 99_000 }).object_bytes
    assert_nil account(stacks: nil).object_bytes
  end

  # A header that was changed is shown as far as it is known.
  def test_figures_of_other_types
    found = account(jit: { name: nil, code: "x", metadata: "5" },
                    allocator: { name: 5, version: {}, arenas: "many", free: -1, mapped: 40_000 },
                    cgroup: { current: 3, limit: 1.5, oom_group: "maybe" },
                    code: { bytes: 30_000, files: [{ path: "/a\0b", bytes: 7 }] })
    assert_equal [{}, { mapped: 40_000 }, { current: 3 }],
                 [found.jit, found.allocator, found.cgroup]
    assert_includes heapdump!("summary", "#{scratch}/heap.json").out, "a\\0b 7 B"
  end

  def test_a_number_that_is_infinite_is_none_in_json
    account
    path = "#{scratch}/heap.json"
    File.write(path, File.read(path).sub('"rss":100000', '"rss":1e999'))
    json = JSON.parse(heapdump!("summary", "--json", path).out)
    assert_equal [nil, nil], [json.dig("account", "rss"), json.dig("header", "memory", "rss")]
  end

  def test_what_is_known_besides
    found = account
    assert_equal ["glibc", 2], found.allocator.values_at(:name, :arenas)
    assert_equal({ threads: 2, fibers: 0, reserved: 9_000_000, touched: 5_000 }, found.stacks)
    assert_equal [["/lib/libruby.so", 20_000]], found.files.map(&:to_a)
    assert_empty found.jit
  end

  # Whatever the figures are: nothing is more than what is in memory.
  def test_the_sum_is_the_rss
    random = Random.new(1)
    50.times do
      numbers = Array.new(8) { random.rand(1..80_000) }
      found = account(heap_pages: { touched: numbers[0] }, stacks: { touched: numbers[1] },
                      code: { bytes: numbers[2] }, jit: { name: "yjit", code: numbers[3] },
                      allocator: { name: "x", mapped: numbers[4], in_use: numbers[5],
                                   untouched: numbers[6] })
      assert_equal 100_000, found.parts.values.sum
      assert(found.parts.values.all? { |bytes| bytes.between?(0, 100_000) })
    end
  end

  def test_an_allocator_that_does_not_tell
    parts = account(allocator: { name: "mimalloc", mapped: 40_000 }).parts
    assert_equal [35_000, 0, 10_000], parts.values_at(:other_malloc, :free_malloc, :rest)
    parts = account(allocator: { name: "unknown" }).parts
    assert_equal [0, 0, 45_000], parts.values_at(:other_malloc, :free_malloc, :rest)
  end

  def test_dumps_without_an_account
    %i[rss stacks code heap_pages].each { |name| assert_empty account(name => nil).parts }
    assert_empty account(stacks: "many").parts
    assert_empty account(code: { bytes: -1 }).parts
    assert_nil account(rss: nil).rss
  end

  def test_summary_shows_it
    account(jit: { name: "yjit", code: 3_000, metadata: 2_000 })
    out = heapdump!("summary", "#{scratch}/heap.json").out
    assert_match(/malloc of others +20\.5 KiB/, out)
    assert_match(/free in malloc .* kept by glibc 2\.36, 2 arenas$/, out)
    assert_match(/stacks .* of 2 threads; 8\.6 MiB reserved$/, out)
    assert_match(/mapped files .* libruby\.so 19\.5 KiB/, out)
    assert_match(/JIT code .* by yjit; its data, 2\.0 KiB, is malloc of others$/, out)
    json = heapdump!("summary", "#{scratch}/heap.json", "--json").json
    assert_equal 100_000, json.dig("account", "parts").values.sum
  end

  LARGE = {
    other_malloc: { allocator: { mapped: 90_000, in_use: 80_000 }, code: { bytes: 1 } },
    free_malloc: { allocator: { mapped: 90_000, in_use: 10_000 }, code: { bytes: 1 } },
    stacks: { stacks: { touched: 60_000 } },
    code: { code: { bytes: 60_000 } },
    jit: { jit: { name: "yjit", code: 60_000 } },
    rest: { allocator: {}, code: { bytes: 1 } }
  }.freeze

  # In the words of `leaks`, and for each part that is not objects.
  def test_summary_says_what_to_do_about_the_largest_part
    reasons = HeapDump::Snapshot::Account::REASONS
    assert_equal HeapDump::Snapshot::Account::PARTS.keys, reasons.keys
    assert_equal %i[heap_pages object_malloc], reasons.keys - LARGE.keys
    LARGE.each do |part, changes|
      account(**changes)
      lines = heapdump!("summary", "#{scratch}/heap.json").out.lines(chomp: true).grep(/^next  /)
      label = HeapDump::Snapshot::Account::PARTS.fetch(part)
      words = ["next  the largest part that is not objects is #{label}: #{reasons[part].first}",
               *reasons[part].last, "docs/account.md explains each part"].join("; ")
      assert_equal [words], lines
    end
  end

  # Nothing is known to be large.
  def test_summary_of_a_process_that_is_all_objects
    account(rss: 1_000)
    refute_match(/^next/, heapdump!("summary", "#{scratch}/heap.json").out)
  end

  # Objects are no further parts of the process.
  def test_summary_shows_objects_apart
    account
    out = heapdump!("summary", "#{scratch}/heap.json").out
    assert_match(/^next .*\n\nObjects  which lie in heap pages and malloc of objects\nlive /, out)
    account(rss: nil)
    assert_match(/^Objects  which lie/, heapdump!("summary", "#{scratch}/heap.json").out)
    File.write("#{scratch}/heap.json", File.readlines("#{scratch}/heap.json")[1..2].join)
    assert_match(/^Objects\nlive obj/, heapdump("summary", "#{scratch}/heap.json").out)
  end

  def test_summary_of_a_dump_without_one
    account(stacks: nil)
    out = heapdump!("summary", "#{scratch}/heap.json").out
    assert_match(/  malloc of objects +5\.9 KiB/, out)
    refute_match(/stacks/, out.lines.grep(/reserved/).join)
    refute_match(/^next/, out)
  end
end
