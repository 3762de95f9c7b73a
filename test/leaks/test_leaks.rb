# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/grown_dumps"

# The verdict, on dumps that are made by hand: every figure is known.
class TestLeaks < HeapDumpTest
  include GrownDumps

  JSON_FIELDS = %w[class unit counts retained holder others path location location_of declared
                   owner candidates signature confidence reasons remarks cleared_because company
                   command known].freeze

  def test_a_suspect_in_full
    suspect = only(leaks(*grown(0, 10, 20)))
    assert_equal "Session", suspect.class_name
    assert_equal [0, 10, 20], suspect.counts
    assert_equal [0, 10 * 140, 20 * 140], suspect.retained
    assert_equal "constant Store::SESSIONS (/app/store.rb:3)", suspect.holder
    assert_equal ["/app/store.rb:3", "declared", "Store::SESSIONS", "Store"],
                 [suspect.location, suspect.location_of, suspect.declared, suspect.owner]
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
    assert_match(/less and less/, found.cleared.first.cleared_because)
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
      dump(number) { |made| sessions(made, count, from: (number + 1) * 0x100_0000) }
    end
    gauge = [2, 5, 9].map.with_index { |count, number| moving.call(count, number) }
    assert_empty leaks(*gauge).suspects
    traffic = [20, 60, 140].map.with_index { |count, number| moving.call(count, number) }
    assert_equal "low", only(leaks(*traffic)).confidence
    even = [1000, 1030, 1060, 1090].map.with_index { |count, number| moving.call(count, number) }
    assert_equal "medium", only(leaks(*even)).confidence
  end

  # Keys and values are two objects for each entry; how many stay is asked of one of them. A third
  # of them do.
  def test_a_gauge_whose_keys_are_objects
    dumps = [80, 95, 105].map.with_index do |count, number|
      dump(number) do |made|
        open = entries(made, count, from: 0x50_0000 + (number * 55 * 64))
        made.constant("OPEN", made.hash(open))
      end
    end
    assert_empty leaks(*dumps).suspects
  end

  # The same, of which ten more stay from dump to dump.
  def test_what_stays_among_much_that_is_replaced
    dumps = [0, 1, 2, 3].map do |number|
      dump(number) do |made|
        kept = entries(made, 10 * number, from: 0x900_0000)
        going = entries(made, [100, 130, 95, 120][number], from: (number + 1) * 100_000)
        made.constant("OPEN", made.hash(kept + going))
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal "medium", suspect.confidence
    assert_match(/stays of it grows: 0 → 10 → 20/, suspect.reasons.join)
  end

  def test_bursts
    bursts = grown(100, 200, 200, 300, 300)
    assert_equal "medium", only(leaks(*bursts)).confidence
    assert_match(/grew in 2 of 4 steps, and never fell/, only(leaks(*bursts)).reasons.join)
    { "has stopped" => [0, 100, 200, 200], "one jump" => [100, 100, 200, 200],
      "fell" => [100, 200, 200, 190, 300] }.each do |what, counts|
      assert_empty leaks(*grown(*counts)).suspects, what
    end
  end

  # A list of objects and one of numbers that grew in all steps but one.
  def test_an_idle_step
    5.times do |idle|
      counts = [100]
      5.times { |step| counts << (counts.last + (step == idle ? 0 : 100)) }
      [grown(*counts), numbers(*counts)].each do |dumps|
        suspect = only(leaks(*dumps))
        assert_equal counts, suspect.counts
        assert_equal idle == 4 ? "low" : "medium", suspect.confidence
        assert_match(/grew in 4 of 5 steps/, suspect.reasons.join)
      end
    end
    stopped = [100, 200, 300, 400, 500, 500, 500]
    assert_empty leaks(*grown(*stopped)).suspects
    assert_empty leaks(*numbers(*stopped)).suspects
  end

  def test_a_pace_that_falls_is_a_doubt
    suspect = only(leaks(*grown(200, 400, 500)))
    assert_equal "medium", suspect.confidence
    assert_match(/its pace falls: 200 more at first, 100 at last/, suspect.reasons.join)
  end

  def test_buffers_that_fill
    assert_empty leaks(*texts(100, 2_100, 3_000)).suspects
    suspect = only(leaks(*texts(100, 2_100, 4_000)))
    assert_equal [%w[String bytes], [100, 2_100, 4_000]],
                 [[suspect.class_name, suspect.unit], suspect.counts]
  end

  def test_data_and_numbers_that_grow
    dumps = [100, 900, 1_800].map.with_index do |size, number|
      dump(number) do |made|
        made.constant("TABLE", made.data("Table", "table", memsize: size))
        made.constant("BITS", made.number(memsize: 2 * size))
      end
    end
    assert_equal [%w[Integer bytes], %w[Table bytes]],
                 leaks(*dumps).map { |one| [one.class_name, one.unit] }
  end

  def test_names_whose_values_are_no_objects
    dumps = [1, 2, 3].map do |number|
      dump(number) do |made|
        20.times { |i| made.value("C#{i}X#{number}", i) }
        (number * 20).times { |i| made.value("LIMIT_#{i}", i) }
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal ["constant", "names", [40, 60, 80]],
                 [suspect.class_name, suspect.unit, suspect.counts]
  end

  # Elements of a shared buffer belong to the array, whether it shares it or not.
  def test_an_array_that_becomes_shared
    dumps = [60, 90, 120].map.with_index do |count, number|
      dump(number) do |made|
        list = objects(made, "Session", count, 0x50_0000)
        made.constant("SESSIONS", number == 1 ? made.shared_array(list) : made.array(list))
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal [60, 90, 120], suspect.counts
    shared = only(leaks(*dumps[1..]))
    assert_equal suspect.signature, shared.signature
  end

  def test_one_leak_in_several_places_is_told_once
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        list = sessions(made, count)
        pairs = list.map.with_index do |session, i|
          made.array([i, session], address: 0x700_0000 + (i * 64))
        end
        made.constant("QUEUE", made.array(pairs))
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal "Session", suspect.class_name
    assert_match(/Array 10 → 20 → 30, constant Store::QUEUE/, suspect.company.join)
    assert_equal 30 * (140 + 40), suspect.retained.last
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

  # Blocks that hold each other by what they have captured: which of them is taken for an example,
  # and how deep it lies, does not depend on addresses.
  def test_the_example_is_the_nearest_and_the_signature_knows_no_depth
    upwards, downwards = [false, true].map { |down| only(leaks(*chains_of_blocks(down))) }
    assert_equal upwards.signature, downwards.signature
    assert_equal [4, 4], [upwards, downwards].map { |one| one.path.told.size }
  end

  def test_the_signature_knows_no_addresses_keys_and_numbers
    a = only(leaks(*grown(0, 10, 20)))
    b = only(leaks(*grown(5, 50, 500, base: 0x7f_0000_0000)))
    assert_equal a.signature, b.signature
    other = [1, 2, 3].map { |count| dump(count) { |made| sessions(made, count, klass: "Visit") } }
    refute_equal a.signature, only(leaks(*other)).signature
  end

  # As in dumps of ObjectSpace.dump_all, which name variables where shapes are told.
  def test_a_module_that_holds_without_a_name
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        list = made.array(objects(made, "Session", count, 0x50_0000))
        made.constant("REGISTRY", made.object("Registry", ivars: { "@list" => list }))
      end
    end
    dumps.each do |path|
      text = File.read(path).gsub(/"constants":\{(.*?)\}/) do |found|
        %("references":#{JSON.generate(found.scan(/0x\h+/))})
      end
      File.write(path, text)
    end
    assert_equal "@list of Registry, Store (module)", leaks(*dumps).first.holder
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

  # Files that were copied say nothing of when the dumps were taken, and zstd hides what they say.
  def test_nobody_has_given_the_order_of_a_directory
    directory = File.join(scratch, "copies")
    Dir.mkdir(directory)
    grown(0, 10, 20).each.with_index do |path, index|
      copy = File.join(directory, "#{index}.json.zst")
      assert system("zstd", "-q", path, "-o", copy)
      File.utime(Time.at(100 - index), Time.at(100 - index), copy)
    end
    found = leaks(directory)
    assert_equal [0, 10, 20], only(found).counts
    assert_empty found.warnings
  end

  def test_what_makes_a_series_doubtful
    assert_match(/different processes \(1, 2\)/, warnings_of({ pid: 1 }, { pid: 2 }))
    assert_match(/different programs/, warnings_of({ program: "a" }, { program: "b" }))
    assert_empty warnings_of({ program: "sidekiq 7.3.9 [0 of 5 busy]" },
                             { program: "sidekiq 7.3.9 [5 of 5 busy]" })
    assert_match(/not the same process/, warnings_of({ allocated: 500 }, { allocated: 100 }))
    path = grown(3).first
    assert_match(/#{path} was given twice: nothing/, leaks(path, path).warnings.join)
  end

  def test_a_dump_that_was_cut_short_is_a_warning_and_a_doubt
    dumps = grown(0, 10, 20)
    File.write(dumps.last, File.readlines(dumps.last)[0...-1].join)
    found = leaks(*dumps)
    refute_empty found.warnings
    refute_predicate found, :sound?
    assert_equal "medium", only(found).confidence
  end

  # By what the third of three dumps may be, with which nothing can be judged.
  UNSOUND = {
    "of another process" => ->(lines) { lines.first.sub!('"pid":7', '"pid":8') },
    "a header alone" => ->(lines) { lines.slice!(1..) },
    "without its end" => ->(lines) { lines.slice!(20..) },
    "with a bad line" => ->(lines) { lines[9] = "{]\n" },
    "without roots" => ->(lines) { lines.delete_if { |line| line.include?('"ROOT"') } },
    "with other names" => ->(lines) { lines.first.sub!('"constants"', '"iseq"') }
  }.freeze

  def test_a_gate_is_no_pass_where_nothing_can_be_judged
    UNSOUND.each do |what, change|
      dumps = grown(10, 10, 10)
      lines = File.readlines(dumps.last)
      change.call(lines)
      File.write(dumps.last, lines.join)
      failure = errors(1, "--fail-on", "any", *dumps)
      assert_match(/cannot judge: .+ \(--allow-unsound/, failure, what)
      command(0, "--fail-on", "any", "--allow-unsound", *dumps)
      assert_match(/cannot be judged/, command(0, *dumps), what)
      json = JSON.parse(command(0, "--json", *dumps))
      refute json["sound"], what
      refute_empty json["warnings"], what
      errors(1, "--strict", *dumps)
    end
  end

  # What ObjectSpace.dump_all writes tells neither the process nor where it ends.
  def test_strict_demands_header_footer_and_one_process
    dumps = grown(0, 10, 20)
    command(0, "--strict", *dumps)
    dumps.each do |path|
      lines = File.readlines(path)[1...-1].map { |line| as_object_space(JSON.parse(line)) }
      File.write(path, lines.map { |line| "#{JSON.generate(line)}\n" }.join)
    end
    command(2, "--fail-on", "any", *dumps)
    assert_match(/has no header.*has no footer/, errors(1, "--strict", *dumps))
  end

  def as_object_space(line)
    others = line.except("address", "class").values
    references = others.flat_map { |value| JSON.generate(value).scan(/0x\h+/) }.uniq
    line.slice("address", "type", "class", "root", "name", "length", "size", "value", "memsize")
        .merge("references" => references, "flags" => { "wb_protected" => true })
  end

  def test_the_order_of_the_arguments_is_no_fault
    command(2, "--fail-on", "any", *grown(0, 10, 20).reverse)
  end

  def test_json_has_these_fields_and_no_others
    dumps = grown(0, 10, 20)
    json = JSON.parse(command(0, "--json", *dumps))
    assert_equal %w[schema_version sound warnings dumps held_grew suspects cleared also_grew growth
                    unexplained unexplained_parts left_out gates], json.keys
    assert_equal 3, json["schema_version"]
    assert_equal [%w[path time pid objects held_bytes rss]], json["dumps"].map(&:keys).uniq
    assert_equal [JSON_FIELDS], json["suspects"].map(&:keys)
    assert_equal [%w[edge class address]], json["suspects"].first["path"].map(&:keys).uniq
    assert_equal command(0, "--json", *dumps), command(0, "--json", *dumps)
  end

  def test_json_says_as_much_as_the_screen_and_no_more_than_the_limit
    dumps = [[0, 0, 0], [10, 20, 100], [20, 40, 105]].map do |a, b, c|
      dump(a) do |made|
        made.constant("A", made.array(objects(made, "Visit", a, 0x80_0000)))
        made.constant("B", made.array(objects(made, "Order", b, 0x90_0000)))
        made.constant("C", made.array(objects(made, "Page", c, 0xa0_0000)))
      end
    end
    json = JSON.parse(command(0, "--json", "--limit", "1", *dumps))
    assert_equal [["Order"], ["Page"]],
                 json.values_at("suspects", "cleared").map { |all| all.map { |one| one["class"] } }
    assert_equal({ "suspects" => 1, "cleared" => 0 }, json["left_out"])
    suspect = json["suspects"].first
    assert_equal ["objects", false, nil], suspect.values_at("unit", "known", "cleared_because")
    assert_match(/less and less/, json["cleared"].first["cleared_because"])
  end

  # A text that grows is one object all the time.
  def test_gates_count_no_bytes
    dumps = texts(100, 9_000, 19_000)
    command(0, "--fail-on", "count>1", *dumps)
    command(2, "--fail-on", "retained>10KB", *dumps)
    command(2, "--fail-on", "any", *dumps)
    numbers = [1, 200, 400].map.with_index do |size, number|
      dump(number) do |made|
        list = made.array(Array.new(size) { |i| i }, memsize: 40 + (size * 8))
        made.constant("NUMBERS", list)
      end
    end
    command(2, "--fail-on", "count>398", *numbers)
    assert_equal "entries", only(leaks(*numbers)).unit
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
    assert_match(/Nothing is accused. Held: /, command(0, *grown(10, 10, 10)))
    cleared = command(0, *grown(0, 100, 110))
    assert_match(/Nothing is accused/, cleared)
    assert_match(/not accused: Session 0 → 100 → 110 objects, .*less and less/, cleared)
  end

  # The variable that grows is told by its owner, not by what holds the owner; what a gem's block
  # has captured is no place at which something is added.
  def test_what_is_declared_and_what_adds
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        events = made.array(objects(made, "Event", count, 0x50_0000))
        made.constant("BUS", made.object("Bus", ivars: { "@all" => events }))
        made.written_method("Bus", "add", "/app/bus.rb", 9)
        made.written_method("Bus", "empty?", "/app/bus.rb", 20)
        made.written_method("Bus", "test_adding", "/app/bus.rb", 30)
      end
    end
    suspect = only(leaks(*dumps))
    assert_equal ["/app/bus.rb:1", "declared", "Bus", "Bus"],
                 [suspect.location, suspect.location_of, suspect.declared, suspect.owner]
    assert_equal ["Bus#add (/app/bus.rb:9)"], suspect.candidates
    assert_match(%r{declared +Bus /app/bus.rb:1\n +may add +Bus#add}, command(0, *dumps))
  end

  # The line of a constant is not that of its class.
  def test_what_stands_at_the_line_of_a_constant
    assert_match(%r{^ +declared +Store::SESSIONS /app/store.rb:3$}, command(0, *grown(0, 10, 20)))
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
    run_leaks(status, arguments).first
  end

  def errors(status, *arguments)
    run_leaks(status, arguments).last
  end

  def run_leaks(status, arguments)
    out = StringIO.new
    err = StringIO.new
    assert_equal status, HeapDump::CLI.run(["leaks", *arguments], out: out, err: err), err.string
    [out.string, err.string]
  end

  def warnings_of(*headers)
    leaks(*headers.map.with_index { |header, i| dump(i, **header) { |made| sessions(made, 5) } })
      .warnings.join("\n")
  end
end
