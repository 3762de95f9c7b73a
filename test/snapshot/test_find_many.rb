# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"

# Questions that several threads share where there are many objects: about more of them than one
# block of work has (16,384), against all objects one by one.
class TestFindMany < Minitest::Test
  FIRST = 0x1000
  SIZES = [40, 48, 80, 160, 640].freeze

  # Objects of three classes, each of which may hold some of those before it.
  def made(count)
    random = Random.new(count)
    Array.new(count) do |i|
      held = i.zero? ? [] : Array.new(random.rand(3)) { random.rand(i) }.uniq
      { class: %w[A B C][random.rand(3)], size: SIZES.sample(random: random), held: held }
    end
  end

  def address(number)
    format("0x%x", FIRST + (40 * number))
  end

  def write(objects, path)
    classes = { "A" => "0x20", "B" => "0x30", "C" => "0x40" }
    File.open(path, "w") do |file|
      file.puts classes.map { |name, at| %({"address":"#{at}","type":"CLASS","name":"#{name}"}) }
      objects.each_with_index do |object, i|
        held = object[:held].map { |number| %("#{address(number)}") }.join(",")
        file.puts %({"address":"#{address(i)}","type":"OBJECT",) +
                  %("class":"#{classes[object[:class]]}",) +
                  %("references":[#{held}],"memsize":#{object[:size]}})
      end
      all = [*classes.values, *objects.each_index.map { |i| address(i) }]
      file.puts %({"type":"ROOT","root":"vm","references":["#{all.join('","')}"]})
    end
  end

  def numbers(page)
    page.map { |node| (node.address - FIRST) / 40 }
  end

  # All that match, the largest first, and equal ones by address.
  def expected(objects)
    objects.each_index.select { |i| yield objects[i], i }.sort_by { |i| [-objects[i][:size], i] }
  end

  def check(snapshot, wanted, **conditions)
    [[0, 50], [wanted.size / 2, 20], [wanted.size - 1, 5]].each do |offset, limit|
      page = snapshot.find(**conditions, sort: :size, offset: [offset, 0].max, limit: limit)
      assert_equal wanted.size, page.total, conditions
      assert_equal wanted.drop([offset, 0].max).first(limit), numbers(page), conditions
    end
  end

  def look_at(count)
    objects = made(count)
    Dir.mktmpdir do |directory|
      write(objects, path = "#{directory}/heap.json")
      [false, true, true].each do |index|
        snapshot = HeapDump::Snapshot.open(path, index: index)
        check_conditions(snapshot, objects)
        check_retained(snapshot, objects)
      end
    end
  end

  def check_conditions(snapshot, objects)
    holders = objects.select { |one| one[:class] == "B" }
    held = holders.flat_map { |one| one[:held] }.to_h { |i| [i, true] }
    check(snapshot, expected(objects) { |one| one[:class] == "A" }, class: "A")
    check(snapshot, expected(objects) { |one| one[:size] > 80 }, where: "size > 80", type: "OBJECT")
    check(snapshot, expected(objects) { |one, i| held[i] && one[:size] > 48 },
          where: "held_by = B and size > 48")
    check(snapshot, expected(objects) { |one| one[:held].any? { |i| objects[i][:class] == "C" } },
          where: "holds = C")
  end

  # The root holds all objects, so each retains itself, and so does a set.
  def check_retained(snapshot, objects)
    classes = snapshot.classes_named("B")
    some = objects.select { |one| one[:class] == "B" }
    bytes = some.sum { |one| one[:size] }
    assert_equal [some.size, bytes, bytes, some.size],
                 snapshot.graph.retained_by_found(classes: classes)
    _total, largest = snapshot.graph.find(classes: classes, limit: 30).values_at(0, 2)
    wanted = expected(objects) { |one| one[:class] == "B" }.first(30)
    assert_equal wanted, numbers(largest.map { |number| snapshot.node(number) })
  end

  def test_around_one_block
    [16_000, 16_384 - 3, 16_385].each { |count| look_at(count) }
  end

  def test_several_blocks
    look_at(50_000)
  end
end
