# frozen_string_literal: true

require "test_helper"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/made_extract"

# Processes that live long: what is looked at does not grow with them.
class TestFleetJudging < HeapDumpTest
  Fleet = HeapDump::Fleet
  MOST = Fleet::JudgedDumps::MOST

  def test_which_dumps
    (0..400).each do |number|
      chosen = Fleet::JudgedDumps.of([*0...number])
      assert_equal [number, MOST].min, chosen.size
      assert_equal chosen.uniq.sort, chosen
      next if number.zero?

      assert_equal [0, number - 1], chosen.values_at(0, -1)
      steps = chosen.each_cons(2).map { |a, b| b - a }
      assert_operator steps.max - steps.min, :<=, 1, number if number > 1
    end
  end

  # What comes and goes between the dumps that are judged was not always there.
  def test_what_comes_and_goes_in_a_long_life
    counts = { "Working hours" => ->(hour) { (9..16).cover?(hour % 24) ? 2000 + (3 * hour) : 0 },
               "Each night" => ->(hour) { hour % 24 == 3 ? 500 : 0 },
               "Half days" => ->(hour) { (hour / 12).odd? ? 800 + hour : 0 } }
    store = imported(300, counts)
    assert_equal 0, Fleet::Judging.new(store).run
    assert_empty Fleet::Leaks.new(store).rows
    leaks = store.query("SELECT name FROM verdict WHERE verdict = 'leak'")
    assert_empty leaks
  end

  # A month of dumps each hour: what has grown from the beginning, what has begun in the last four
  # days, and what goes up and down between the dumps that are judged.
  def test_a_long_life
    counts = { "Grows" => ->(hour) { 200 + hour },
               "Late" => ->(hour) { 300 + (5 * [hour - 620, 0].max) },
               "Filled" => ->(hour) { [200 + (20 * hour), 3000].min },
               "Daily" => ->(hour) { 2000 + (hour % 24 * 50) } }
    store = imported(720, counts)
    judging = Fleet::Judging.new(store)
    assert_equal 1, judging.run
    assert_empty judging.due
    leaks = Fleet::Leaks.new(store).rows
    assert_equal ["constant GROWS", "constant LATE"], leaks.map(&:holder).sort
    assert_equal 720, Fleet::Processes.new(store).rows.first.dumps
    stored = Fleet::StoredExtracts.new(store, store.number("SELECT id FROM process"))
    assert_equal MOST, asked(store) { stored.judged }[:class_row] / counts.size
    import(store, 720, counts)
    assert_equal 1, judging.due.size
    judging.run
    assert_empty judging.due
  end

  # Two days of notes each minute.
  def test_work_of_a_long_life
    minutes = 2 * 24 * 60
    store = imported(1, "Grows" => ->(_) { 200 })
    process = store.number("SELECT id FROM process")
    names = %w[Job Mail].to_h { |name| [name, Fleet::Ids.name(name)] }
    times = Array.new(minutes) { |minute| MadeExtract::BASE + (60 * (minute + 1)) }
    store.transaction do
      store.add(:name, names.map { |name, id| [id, name] })
      store.add(:sample, times.each_with_index.map { |at, i| sample(process, at, 1000 * jobs(i)) })
      store.add(:work_row, times.each_with_index.flat_map do |at, i|
        [[process, at, names["Job"], jobs(i)], [process, at, names["Mail"], i]]
      end)
    end
    work = Fleet::Work.new(store)
    read = asked(store) { work.rows }
    assert_operator read[:work_row], :<=, minutes + (2 * 201) # the times, and two names of each
    assert_includes 150..200, work.intervals
    assert_equal "Job", work.rows.first.name
    assert_in_delta 1000, work.rows.first.bytes_each, 1
  end

  private

  # More of them by day than by night.
  def jobs(minute)
    (0..(minute / 60)).sum { |hour| 20 + (hour % 24) }
  end

  def sample(process, at, bytes)
    [process, at, nil, bytes, *[nil] * 8]
  end

  def imported(dumps, counts)
    store = Fleet.open("sqlite:#{File.join(scratch, "fleet.db")}")
    dumps.times { |hour| import(store, hour, counts) }
    store
  end

  def import(store, hour, counts)
    now = counts.transform_values { |count| count.call(hour) }
    now = now.select { |_, objects| objects.positive? }
    made = MadeExtract.make(hour, classes: now, ways: now.transform_keys(&:downcase))
    file = Fleet::Source::File.new(uri: "web:/#{hour}", path: "/#{hour}", bytes: 1,
                                   changed_at: MadeExtract::BASE)
    Fleet::Importer.new(store, extract: ->(_) { made }).import(file)
  end

  # How many rows the block reads, by table.
  def asked(store, &)
    rows = Hash.new(0)
    original = store.method(:query)
    store.stub(:query, lambda { |sql, *values|
      original.call(sql, *values).tap do |found|
        table = sql[/FROM (\w+)/, 1]
        rows[table.to_sym] += found.size
      end
    }, &)
    rows
  end
end
