# frozen_string_literal: true

# What Snapshot#ways finds, object by object: each object has the way that the comparison of dumps
# gives it, and an object retains for its way if none of those that dominate it is on the same.
class NaiveWays
  Leaks = HeapDump::Leaks
  # Modules that are none of the program's.
  TOOLS = /\A(?:HeapDump|Gem|Bundler|Zeitwerk|Bootsnap)(?:::|\z)/

  def initialize(snapshot)
    @snapshot = snapshot
    @growth = HeapDump::Growth.of([snapshot.graph, snapshot.graph], Leaks::Rules.for_reader)
    @ways = {}
  end

  # By signature: the class, the number of objects, their bytes, and what they retain.
  def figures
    owners = seen.group_by { |node| way(node).target }
    groups = owners.keys.group_by { |node| way(node).signature(word(node)) }
    named = groups.select { |_, nodes| nodes.size == 1 && name?(nodes.first) }
    groups = groups.except(*named.keys)
    by_holder = named.values.flatten.group_by do |node|
      way(node).signature(word(node), any_name: true)
    end
    groups.merge(by_holder) { |_, some, others| some + others }
          .transform_values { |nodes| row(nodes, owners) }
          .select { |_, (_, objects, *)| objects.positive? }
  end

  private

  def seen
    @snapshot.each.select do |node|
      node.reachable? && node.type != "ICLASS" && !TOOLS.match?(node.name.to_s)
    end
  end

  def way(node)
    @ways[node.id] ||= Leaks::Way.decode(@snapshot, @growth.way(node.id))
  end

  def word(node)
    Leaks::Way.kind_word(node)
  end

  def name?(node)
    return way(node).steps.last.edge&.kind == :method if node.kind == "ment"

    node.module? && node.name && !node.flag?(:singleton)
  end

  def hidden?(node)
    !node.module? && node.class_name.nil? && node.kind != "ment"
  end

  def row(nodes, owners)
    shown = nodes.reject { |node| hidden?(node) }
    bytes = shown.sum { |node| owners.fetch(node).sum(&:memsize) }
    [shown.first && word(shown.first), shown.size, bytes, retained(shown)]
  end

  def retained(nodes)
    set = nodes.to_h { |node| [node.id, true] }
    nodes.reject { |node| dominated?(node, set) }.sum(&:retained_size)
  end

  def dominated?(node, set)
    while (node = @snapshot.dominator(node))
      return true if set[node.id]
    end
    false
  end
end
