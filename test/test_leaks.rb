# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/made_dump"

# The verdict, on dumps that are made by hand: every figure is known.
class TestLeaks < HeapDumpTest
  JSON_FIELDS = %w[class holder path counts retained signature location confidence].freeze

  def test_a_suspect_in_full
    suspect = only(leaks(*grown(0, 10, 20)))
    assert_equal "Session", suspect.class_name
    assert_equal [0, 10, 20], suspect.counts
    assert_equal [0, 10 * 140, 20 * 140], suspect.retained
    assert_equal "constant Store::SESSIONS (/app/store.rb:3)", suspect.holder
    assert_equal "/app/store.rb:3", suspect.location
    assert_equal "high", suspect.confidence
    assert_match(/\A\h{16}\z/, suspect.signature)
    assert_equal ["[10]", "Session"], suspect.path.to_a.last.values_at(:edge, :class)
    assert_equal 20, suspect.growth
    assert_equal 20 * 140, suspect.retained_growth
  end

  def test_nothing_leaks
    { "stands still" => [10, 10, 10], "shrinks" => [30, 20, 10], "one jump" => [10, 900, 900],
      "goes up and down" => [10, 30, 20, 40], "fills up" => [0, 100, 110, 111] }.each do |what, all|
      found = leaks(*grown(*all))
      assert_empty found.suspects, what
      assert_predicate found, :empty?
    end
  end

  def test_growth_that_slows_down_is_told_apart
    found = leaks(*grown(0, 100, 110))
    assert_equal ["Session"], found.cleared.map(&:class_name)
    assert_match(/less and less/, found.cleared.first.reasons.join)
  end

  def test_little_work_between_two_dumps_is_no_slowing
    dumps = grown(0, 100, 110, allocated: [0, 10_000, 11_000])
    assert_equal [0, 100, 110], only(leaks(*dumps)).counts
  end

  def test_a_leak_may_begin_late
    assert_equal [0, 0, 0, 10, 20], only(leaks(*grown(0, 0, 0, 10, 20))).counts
    assert_empty leaks(*grown(0, 0, 0, 20)).suspects, "one jump at the end"
  end

  def test_two_dumps_give_less_confidence
    assert_equal "low", only(leaks(*grown(0, 100))).confidence
    assert_empty leaks(*grown(0, 5)).suspects
  end

  def test_replaced_objects_are_a_gauge_unless_they_surge
    moving = lambda do |count, number|
      dump(number) { |made| sessions(made, count, from: number * 100_000) }
    end
    gauge = [2, 5, 9].map.with_index { |count, number| moving.call(count, number) }
    assert_empty leaks(*gauge).suspects
    backlog = [100, 200, 400].map.with_index { |count, number| moving.call(count, number) }
    assert_equal "medium", only(leaks(*backlog)).confidence
  end

  # Ten sessions share a catalog with nobody else: it counts once, and as theirs.
  def test_what_the_growing_objects_hold_together_counts_once
    dumps = [1, 2, 3].map do |count|
      dump(count) do |made|
        catalog = made.object("Catalog", memsize: 5_000)
        sessions(made, count, "@catalog" => catalog)
      end
    end
    assert_equal [1, 2, 3].map { |count| (count * 140) + 5_000 }, only(leaks(*dumps)).retained
  end

  # What the rest of the program holds as well is not retained.
  def test_what_others_hold_counts_not_at_all
    dumps = [1, 2, 3].map do |count|
      dump(count) do |made|
        catalog = made.object("Catalog", memsize: 5_000)
        made.constant("CATALOG", catalog)
        sessions(made, count, "@catalog" => catalog)
      end
    end
    assert_equal [1, 2, 3].map { |count| count * 140 }, only(leaks(*dumps)).retained
  end

  def test_bytes_that_two_leaks_hold_are_shared_out
    dumps = [1, 2, 3].map do |count|
      dump(count) do |made|
        shared = made.object("Catalog", memsize: 6_000)
        sessions(made, count, "@catalog" => shared)
        visits = objects(made, "Visit", count, 0x90_0000) { { "@catalog" => shared } }
        made.constant("VISITS", made.array(visits))
      end
    end
    found = leaks(*dumps)
    assert_equal %w[Session Visit], found.map(&:class_name).sort
    assert_equal (3 * 140) + (3 * 40) + 6_000, found.sum { |suspect| suspect.retained.last }
  end

  def test_growth_inside_of_growth_is_told_once
    dumps = [1, 2, 3].map do |count|
      dump(count) do |made|
        all = objects(made, "Session", count, 0x50_0000) do |i|
          { "@parts" => made.array(objects(made, "Part", 5, 0x60_0000 + (i * 1024))) }
        end
        made.constant("ALL", made.array(all))
      end
    end
    assert_equal ["Session"], leaks(*dumps).map(&:class_name)
  end

  def test_lists_in_old_objects_grow_by_themselves
    dumps = [2, 3, 4].map do |count|
      dump(count) do |made|
        all = objects(made, "Session", count, 0x50_0000) do |i|
          many = i < 2 ? count * 20 : 0
          { "@inbox" => made.array(objects(made, "Message", many, 0x600_0000 + (i * 0x10_0000))) }
        end
        made.constant("ALL", made.array(all))
      end
    end
    assert_equal %w[Message Session], leaks(*dumps).map(&:class_name)
  end

  def test_both_holders_are_named
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        sessions = sessions(made, count)
        made.constant("INDEX", made.hash(sessions.map.with_index { |session, i| [i, session] }))
      end
    end
    suspect = only(leaks(*dumps))
    held = [suspect.holder, *suspect.others].join
    assert_includes held, "SESSIONS"
    assert_includes held, "INDEX"
  end

  def test_a_list_is_one_leak_however_long
    dumps = [100, 200, 300].map do |count|
      dump(count) do |made|
        head = nil
        count.times do |i|
          head = made.object("Link", address: 0x50_0000 + (i * 64), ivars: { "@next" => head })
        end
        made.constant("HEAD", head)
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal "Link", suspect.class_name
    assert_includes suspect.holder, "HEAD"
    assert_operator suspect.path.steps.size, :<, 10
  end

  def test_the_signature_knows_no_addresses_keys_and_numbers
    a = only(leaks(*grown(0, 10, 20)))
    b = only(leaks(*grown(5, 50, 500, base: 0x7f_0000_0000)))
    assert_equal a.signature, b.signature
    other = [1, 2, 3].map { |count| dump(count) { |made| sessions(made, count, klass: "Visit") } }
    refute_equal a.signature, only(leaks(*other)).signature
  end

  def test_garbage_is_no_growth
    dumps = [0, 100, 200].map do |count|
      dump(count) { |made| objects(made, "Session", count, 0x50_0000) }
    end
    assert_empty leaks(*dumps).suspects
  end

  def test_dumps_are_put_in_order
    first, second, third = grown(0, 10, 20)
    found = leaks(third, first, second)
    assert_equal [0, 10, 20], only(found).counts
    assert_match(/not given in the order/, found.warnings.join)
  end

  def test_what_makes_a_series_doubtful
    assert_match(/different processes \(1, 2\)/, warnings_of({ pid: 1 }, { pid: 2 }))
    assert_match(/different programs/, warnings_of({ program: "a" }, { program: "b" }))
    assert_empty warnings_of({ program: "sidekiq 7.3.9 [0 of 5 busy]" },
                             { program: "sidekiq 7.3.9 [5 of 5 busy]" })
    assert_match(/not the same process/, warnings_of({ allocated: 500 }, { allocated: 100 }))
    path = grown(3).first
    assert_match(/the same dump/, leaks(path, path).warnings.join)
  end

  def test_a_dump_that_was_cut_short_is_a_warning_and_a_doubt
    dumps = grown(0, 10, 20)
    File.write(dumps.last, File.readlines(dumps.last)[0...-1].join)
    found = leaks(*dumps)
    refute_empty found.warnings
    assert_equal "medium", only(found).confidence
  end

  def test_less_than_two_dumps
    assert_raises(ArgumentError) { HeapDump.leaks(*grown(1)) }
  end

  def test_json_has_these_fields_and_no_others
    json = JSON.parse(command(0, "--json", *grown(0, 10, 20)))
    assert_equal %w[schema_version suspects], json.keys
    assert_equal 1, json["schema_version"]
    assert_equal [JSON_FIELDS], json["suspects"].map(&:keys)
    assert_equal [%w[edge class address]], json["suspects"].first["path"].map(&:keys).uniq
    assert_equal command(0, "--json", *grown(0, 10, 20)), command(0, "--json", *grown(0, 10, 20))
  end

  def test_gates
    dumps = grown(0, 10, 20)
    command(2, "--fail-on", "count>19", *dumps)
    command(0, "--fail-on", "count>20", *dumps)
    command(2, "--fail-on", "retained>2KB", *dumps)
    command(0, "--fail-on", "retained>2.8KB", *dumps)
    command(2, "--fail-on", "retained>1GB", "--fail-on", "any", *dumps)
    command(64, "--fail-on", "weight>3", *dumps)
  end

  def test_known_leaks_do_not_fail
    dumps = grown(0, 10, 20)
    known = File.join(scratch, "known")
    File.write(known, "# ours\n\n#{only(leaks(*dumps)).signature}  # sessions\n")
    assert_match(/known/, command(0, "--fail-on", "any", "--known", known, *dumps))
    File.write(known, "0123456789abcdef\n")
    command(2, "--fail-on", "any", "--known", known, *dumps)
    File.write(known, "sessions\n")
    command(64, "--known", known, *dumps)
  end

  def test_the_page_says_all_of_it
    dumps = grown(0, 10, 20)
    page = command(0, *dumps)
    ["Session", "0 → 10 → 20", "constant Store::SESSIONS", "/app/store.rb:3", "high",
     "heapdump why #{dumps.last} 0x"].each { |words| assert_includes page, words }
    assert_match(/Nothing leaks.*Held: /, command(0, *grown(10, 10, 10)))
  end

  private

  def leaks(*paths)
    HeapDump.leaks(*paths)
  end

  def only(found)
    assert_equal 1, found.suspects.size, found.inspect
    found.suspects.first
  end

  def command(status, *arguments)
    out = StringIO.new
    err = StringIO.new
    assert_equal status, HeapDump::CLI.run(["leaks", *arguments], out: out, err: err), err.string
    out.string
  end

  def dump(number = 0, **header, &)
    @dumps = @dumps.to_i + 1
    MadeDump.write(File.join(scratch, "#{@dumps}.json"), number, **header, &)
  end

  # Dumps with so many sessions in Store::SESSIONS.
  def grown(*counts, base: 0x50_0000, allocated: nil)
    counts.map.with_index do |count, number|
      header = allocated ? { allocated: allocated[number] } : {}
      dump(number, **header) { |made| sessions(made, count, from: base) }
    end
  end

  # Sessions of 100 bytes, each with a name of 40.
  def sessions(made, count, from: 0x50_0000, klass: "Session", **ivars)
    list = objects(made, klass, count, from, memsize: 100) do |i|
      { "@name" => made.string("name #{i}", address: from + 0x1000_0000 + (i * 64)), **ivars }
    end
    made.constant("SESSIONS", made.array(list))
    list
  end

  # So many objects of a class, from an address on; the block says what each of them holds.
  def objects(made, klass, count, from, memsize: 40)
    Array.new(count) do |i|
      ivars = block_given? ? yield(i) : {}
      made.object(klass, address: from + (i * 64), memsize: memsize, ivars: ivars)
    end
  end

  def warnings_of(*headers)
    leaks(*headers.map.with_index { |header, i| dump(i, **header) { |made| sessions(made, 5) } })
      .warnings.join("\n")
  end
end
