# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"

# What each leak retains, compared with its definition (leaks_share.c): by random graphs in which
# leaks hold objects together, beside what lives, and hold each other's objects.
class TestShares < HeapDumpTest
  include GrownDumps

  # How many kinds of objects grow, how many objects they share, and how many there are of each kind
  # in each dump.
  CASES = [[1, 0, [1, 2, 3]], [1, 40, [1, 70, 400]], [2, 1, [1, 2, 3]], [2, 30, [5, 6, 9]],
           [3, 200, [2, 40, 90]], [7, 64, [3, 4, 5]], [7, 65, [1, 130, 131]]].freeze

  def test_random_graphs
    CASES.each_with_index do |(kinds, shared, counts), seed|
      world = World.new(Random.new(seed), kinds, shared, counts)
      paths = dumps(world, counts)
      assert_equal world.retained, retained(paths), CASES[seed].inspect
    end
  end

  # Objects that more leaks hold than fit into half a byte.
  def test_as_many_leaks_as_there_is_room_for
    counts = [1, 2, 3]
    world = World.new(Random.new(9), 120, 50, counts)
    paths = dumps(world, counts)
    assert_equal world.retained, retained(paths)
  end

  private

  def dumps(world, counts)
    counts.map.with_index { |count, number| dump(number) { |made| world.make(made, count) } }
  end

  # By the class of what grows: its bytes by dump.
  def retained(paths)
    snapshots = paths.map { |path| HeapDump::Snapshot.open(path, index: false) }
    growth = HeapDump::Growth.of(snapshots.map(&:graph), HeapDump::Leaks::Rules.for_reader)
    growth.leaks.to_h do |raw|
      [snapshots.last.node(raw[:parts].first[:example]).class_name, raw[:retained]]
    end
  end

  # Objects of several kinds, each in a list, with more of them from dump to dump. An object holds
  # some of what its kind shares with others by an array, and that holds further shared objects, and
  # some the first object of a kind. Some of what is shared is held by a constant too.
  class World
    ARRAY = 40 # bytes
    private_constant :ARRAY

    def initialize(random, kinds, shared, counts)
      @kinds = kinds
      @counts = counts
      @sizes = Array.new(shared) { 41 + random.rand(1_000) }
      @onward = Array.new(shared) { |i| random.rand(i) if i.positive? && random.rand(2).zero? }
      @back = Array.new(shared) { random.rand(kinds) if random.rand(4).zero? }
      @live = Array.new(shared / 5) { random.rand(shared) }
      choose(random, counts.max)
    end

    def make(made, count)
      firsts = Array.new(@kinds) { |kind| 0x1000_0000 + (kind * 0x10_0000) }
      shared = make_shared(made, firsts)
      firsts.each_with_index do |from, kind|
        list = @chosen[kind].first(count).map.with_index do |held, i|
          make_one(made, kind, from + (i * 64), shared.values_at(*held))
        end
        made.constant("LIST#{word(kind)}", made.array(list))
      end
      made.constant("LIVE", made.array(shared.values_at(*@live)))
    end

    # By kind: the bytes that its objects retain in each dump.
    def retained
      names = Array.new(@kinds) { |kind| "Kind#{word(kind)}" }
      names.zip(@counts.map { |count| retained_by(count) }.transpose).to_h
    end

    private

    # A name without digits, which make no difference.
    def word(kind)
      ("A".."ZZ").take(kind + 1).last
    end

    def retained_by(count)
      reached = Array.new(@kinds) { |kind| reach(@chosen[kind].first(count).flatten) - living }
      holders = reached.flatten.tally
      reached.map do |shared|
        (count * (100 + ARRAY)) + shared.sum { |i| @sizes[i] / holders.fetch(i) }
      end
    end

    # Each kind has some of what is shared. Its first object holds all of them, so that what grows
    # are the objects of the kind alone.
    def choose(random, most)
      @chosen = Array.new(@kinds) do
        own = @sizes.each_index.select { random.rand(3).zero? }
        [own] + Array.new(most - 1) { own.sample(random.rand(4), random: random) }
      end
    end

    def make_one(made, kind, address, held)
      array = made.array(held, memsize: ARRAY, address: address + 0x8_0000)
      made.object("Kind#{word(kind)}", address: address, memsize: 100, ivars: { "@held" => array })
    end

    def make_shared(made, firsts)
      @sizes.each_index.with_object([]) do |i, shared|
        ivars = { "@next" => @onward[i] && shared[@onward[i]],
                  "@back" => @back[i] && firsts[@back[i]] }
        shared << made.object("Shared", address: 0x9000_0000 + (i * 64), memsize: @sizes[i],
                                        ivars: ivars.compact)
      end
    end

    # What is held from these on, without what the objects of a kind hold.
    def reach(from)
      seen = {}
      until from.empty?
        i = from.pop
        next if seen[i]

        seen[i] = true
        from << @onward[i] if @onward[i]
      end
      seen.keys
    end

    def living
      @living ||= reach(@live.dup)
    end
  end
  private_constant :World
end
