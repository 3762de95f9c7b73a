# frozen_string_literal: true

# What Graph#held_ways finds, object by object: each has the path of Graph#best_path, whole, and the
# signature of that.
class NaiveHeldWays
  Way = HeapDump::Leaks::Way
  REASONS = [*HeapDump::Snapshot::Path::RANKS, :code, :unheld].freeze
  # The objects and the bytes of each run of those that are held in one way.
  Figures = Struct.new(:objects, :bytes) do
    def size
      [bytes.sum, objects.sum]
    end

    def medians
      [objects, bytes].map do |runs|
        runs.sort.values_at((runs.size - 1) / 2, runs.size / 2).sum / 2
      end
    end

    # Objects of all runs that are in no median.
    def few
      medians.first.zero? ? objects.sum : 0
    end

    def growing?
      objects.size > 1 && objects.all?(&:positive?)
    end
  end

  # +survivors+ are [address, bytes, run, site, class, age], and +places+ numbers by site.
  def initialize(snapshot, survivors, places, runs)
    @snapshot = snapshot
    @survivors = survivors
    @places = places
    @runs = runs
  end

  # By reason, and then by [place, class, signature].
  def all
    found = REASONS.to_h { |reason| [reason, {}] }
    zeros = Array.new(@runs, 0)
    @survivors.each do |address, bytes, run, *made|
      reason, signature = held(@snapshot.graph.node_at(address))
      key = [@places.fetch(made[0]), made[1], signature]
      figures = found[reason][key] ||= Figures.new(zeros.dup, zeros.dup)
      figures.objects[run] += 1
      figures.bytes[run] += bytes
    end
    found
  end

  # What Graph#held_ways has found, as #all and with what is not given. Ways with one signature are
  # put together.
  def given(most)
    packed = @survivors.map { |survivor| survivor.pack("QQLLLL") }.join
    found = @snapshot.graph.held_ways(packed, @places.pack("L*"), @runs, most)
    REASONS.zip(found).to_h { |reason, (ways, rest)| [reason, [figures_of(ways), rest, ways.size]] }
  end

  private

  def figures_of(ways)
    ways.each_with_object({}) do |(example, objects, bytes, path), all|
      _, _, _, site, klass = @survivors.fetch(example)
      key = [@places.fetch(site), klass, path && signature(path)]
      sums = all[key] ||= Figures.new(Array.new(@runs, 0), Array.new(@runs, 0))
      sums.objects = sums.objects.zip(objects).map(&:sum)
      sums.bytes = sums.bytes.zip(bytes).map(&:sum)
    end
  end

  def held(number)
    rank, _, _, flat = number && @snapshot.graph.best_path(number, nil)
    return [:unheld, nil] unless flat

    steps = flat.each_slice(2).to_a
    first, *rest = steps
    [code?(steps) ? :code : REASONS.fetch(rank),
     signature([first.first, *rest.flat_map(&:reverse)])]
  end

  def code?(steps)
    edge = HeapDump::Snapshot::Edge.decode(@snapshot, steps.last.last)
    steps.any? { |number, _| @snapshot.node(number).kind == "iseq" } ||
      @snapshot.node(steps.last.first).module? ||
      (edge.kind == :field && edge.name == "constant_files")
  end

  # Modules that were loaded again are no other way.
  def signature(path)
    way = Way.decode(@snapshot, path)
    way.signature(Way.kind_word(way.target))
  end
end
