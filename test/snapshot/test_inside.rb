# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/made_dump"
require "support/shop"

# What an object holds by a name, and the small things that make a snapshot pleasant to ask.
class TestInside < HeapDumpTest
  def shop
    @shop ||= HeapDump::Snapshot.open(Shop.dump)
  end

  def object
    shop.modules_named("Object").first
  end

  def test_by_name
    cache = object["Registry"]["CACHE"]
    session = cache["k7"]
    assert_equal ["Session", 7], [session.class_name, session["@number"]]
    assert_equal '"waiting for payment"', session["@state"].words[/".*"/]
    assert_equal 7, session["@basket"][0]
    assert_equal session["@basket"][1], session["@basket"][-1]
    assert_equal "Array", object["Registry"]["@pool"].class_name
    assert_equal [nil, nil, nil], [session["@nothing"], cache["k1000"], session["@basket"][2]]
    block = object["BUS"]["@subscribers"][0]
    assert_equal "Session", block.related(block.line["env"])["payload"].class_name
    assert_raises(ArgumentError) { session[nil] }
  end

  def test_keys_of_all_kinds
    one = two = three = four = nil
    path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      one, two, three, four = Array.new(4) { |i| made.object("N#{i}") }
      entries = [[":a", one], [1, two], [made.string("a"), three], [":b", ":open"], [2, 1.5],
                 [3, true], [made.string("é"), four], [4, nil]]
      made.constant("HASH", made.hash(entries))
    end
    hash = HeapDump::Snapshot.open(path).find(type: "HASH").first
    assert_equal [one, two, three, four], [hash[:a], hash[1], hash["a"], hash["é"]].map(&:to_s)
    assert_equal [:open, 1.5, true, nil, nil], [hash[:b], hash[2], hash[3], hash[4], hash[:c]]
  end

  def test_arrays_that_share_their_elements
    code = <<~'RUBY'
      require "heapdump"
      class Item; def initialize(n) = @n = n; end
      ALL = Array.new(100) { |i| Item.new(i) }
      PART = ALL[50..]
      HeapDump.dump(ARGV[0])
    RUBY
    path = File.join(scratch, "shared.json")
    Child.ruby!(code, path)
    object = HeapDump::Snapshot.open(path).modules_named("Object").first
    part = object["PART"]
    assert part.line["shared_root"], "it shares its elements"
    assert_equal [50, 99, 99], [part[0]["@n"], part[49]["@n"], part[-1]["@n"]]
    assert_nil part[50]
    assert_equal 3, object["ALL"][3]["@n"]
  end

  def test_references_of_a_node
    session = shop.find(class: "Session").first
    assert_equal shop.referrers(session).to_a, session.referrers.to_a
    assert_equal shop.references(session, limit: 2).to_a, session.references(limit: 2).to_a
    of_class = session.class_node.referrers(instances: true, limit: 1)
    assert_equal shop.referrers(session.class_node, instances: true).total, of_class.total
  end

  def test_each_object
    assert_equal shop.objects, shop.each.size
    addresses = shop.each.map(&:address)
    assert_equal [shop.objects, addresses.sort], [addresses.uniq.size, addresses]
    assert_same(shop, shop.each { |node| assert_kind_of HeapDump::Snapshot::Node, node })
    assert_equal 84, shop.each.count { |node| node.class_name == "Session" }
  end

  def test_retained_size_of_whatever_can_be_counted_through
    page = shop.find(class: "Session", limit: 10)
    whole = shop.retained_size(page.to_a)
    assert_equal [whole] * 3,
                 [page, page.to_a.to_set, page.each.lazy].map { |some| shop.retained_size(some) }
    assert_equal page.first.retained_size, shop.retained_size(page.first.to_s)
  end

  def test_what_irb_shows_is_short
    [shop, shop.find(limit: 1000), shop.duplicate_strings, shop.duplicate_strings.first,
     shop.histogram, shop.find(class: "Session").first].each do |value|
      assert_operator value.inspect.size, :<, 200, value.class
      assert_match(/\A#<HeapDump::Snapshot/, value.inspect)
    end
    assert_equal "#<HeapDump::Snapshot::Page 3 of 84>",
                 shop.find(class: "Session", limit: 3).inspect
  end

  # Each of the files that programs require gives all that it says, without the others.
  def test_leaks_alone
    paths = [1, 2].map do |number|
      MadeDump.write(File.join(scratch, "#{number}.json"), number, pid: number) do |made|
        made.constant("LIST", made.array(Array.new(number * 10) { made.object("Item") }))
      end
    end
    code = 'require "heapdump/leaks"; leaks = HeapDump.leaks(*ARGV); ' \
           'puts leaks.warnings.size, $LOADED_FEATURES.grep(/heapdump\.so/).size'
    assert_equal "1\n0\n", Child.ruby!(code, *paths).out
    both = 'require "heapdump/leaks"; require "heapdump"; puts HeapDump.leaks(*ARGV).warnings.size'
    outcome = Child.ruby!(both, *paths, flags: ["-w"])
    assert_equal ["1\n", ""], [outcome.out, outcome.err]
  end

  # As in a dump that was cut short.
  def test_a_shared_buffer_of_which_there_is_no_line
    path = File.join(scratch, "cut.json")
    File.write(path, <<~LINES)
      {"type":"ROOT","root":"vm","references":["0x100"]}
      {"address":"0x100","type":"STRING","shared":true,"shared_root":"0x200","references":["0x200"]}
    LINES
    part = HeapDump::Snapshot.open(path, index: false).object("0x100")
    assert part.line["shared_root"]
    assert_nil HeapDump::Snapshot::Shared.of(part)
  end
end
