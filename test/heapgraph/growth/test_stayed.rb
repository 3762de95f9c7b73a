# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"

# How many objects stay from dump to dump, and for two steps, compared with its definition
# (leaks_stay.c): an object has stayed if its address, its size and what it holds are the same.
class TestStayed < HeapDumpTest
  include GrownDumps

  NAMES = 9
  # How many slots there are, and how many of them each dump has jobs in.
  CASES = [[4, [1, 2, 3]], [64, [20, 30, 40, 50]], [65, [10, 40, 60]], [3_000, [500, 1_500, 2_900]],
           [700, [100, 200, 300, 400, 500]]].freeze

  def test_random_objects
    CASES.each_with_index do |(slots, counts), seed|
      random = Random.new(seed)
      heaps = counts.each_with_object([]) do |count, all|
        all << jobs(random, slots, count, all.last || {})
      end
      assert_equal wanted(heaps), found(heaps), CASES[seed].inspect
    end
  end

  private

  # By slot: [size, number of a name]. Some of the jobs before are gone, and some have changed.
  def jobs(random, slots, count, before)
    kept = before.to_a.sample(count * 2 / 3, random: random).to_h
    free = (0...slots).to_a - kept.keys
    added = free.sample(count - kept.size, random: random)
    kept.transform_values { |job| random.rand(4).zero? ? job_of(random) : job }
        .merge(added.to_h { |slot| [slot, job_of(random)] })
  end

  def job_of(random)
    [[40, 80].sample(random: random), random.rand(NAMES)]
  end

  # [who stays, who stays for two steps], by dump.
  def wanted(heaps)
    stays = heaps.each_cons(2).map do |before, now|
      now.keys.select { |slot| before[slot] == now[slot] }
    end
    twice = stays.each_cons(2).map { |before, now| (before & now).size }
    [[0, *stays.map(&:size)], [0, 0, *twice]]
  end

  def found(heaps)
    paths = heaps.map.with_index { |jobs, number| dump(number) { |made| make(made, jobs) } }
    graphs = paths.map { |path| HeapDump::Snapshot.open(path, index: false).graph }
    leak = HeapDump::Growth.of(graphs, HeapDump::Leaks::Rules.for_reader).leaks.first
    leak.values_at(:stayed, :stayed_twice)
  end

  def make(made, jobs)
    names = Array.new(NAMES) { |i| made.string("name", address: 0x7000_0000 + (i * 64)) }
    list = jobs.sort.map do |slot, (size, name)|
      made.object("Job", address: 0x1000_0000 + (slot * 64), memsize: size,
                         ivars: { "@name" => names[name] })
    end
    made.constant("JOBS", made.array(list))
  end
end
