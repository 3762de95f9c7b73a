# frozen_string_literal: true

require "test_helper"
require "timeout"
require "heapdump/leaks"
require "support/grown_dumps"
require "support/naive_ways"
require "support/shop"

# How objects are held, against a list that is made object by object.
class TestWays < HeapDumpTest
  include GrownDumps

  def opened(path)
    HeapDump::Snapshot.open(path)
  end

  def made(&)
    opened(dump(&))
  end

  # The figures of each way by its signature.
  def figures(ways)
    ways.to_h { |way| [way.signature, [way.class_name, way.objects, way.bytes, way.retained]] }
  end

  def assert_naive(snapshot)
    ways = snapshot.ways
    assert_equal NaiveWays.new(snapshot).figures, figures(ways)
    assert_sums(snapshot, ways)
  end

  # No object is lost.
  def assert_sums(snapshot, ways)
    live, bytes, = snapshot.graph.totals
    sums = [*ways, ways.other, ways.hidden]
    assert_equal [live, bytes], [sums.sum(&:objects), sums.sum(&:bytes)]
    assert_equal ways.map(&:retained).sort.reverse, ways.map(&:retained)
  end

  def list(made, length)
    (0...length).reduce(nil) do |before, i|
      made.object("Link", address: 0x50_0000 + (i * 64), ivars: { "@next" => before })
    end
  end

  def nest(made, depth)
    (0...depth).reduce(made.string("deep")) { |inner, _| made.array([inner, 1]) }
  end

  HEAPS = {
    "nothing" => ->(*) {},
    "sessions" => ->(test, made) { test.sessions(made, 50) },
    "a long list" => ->(test, made) { made.constant("LIST", test.list(made, 200)) },
    "a deep nest" => ->(test, made) { made.constant("NEST", test.nest(made, 150)) },
    "two lists of one kind" => lambda { |test, made|
      made.constant("A", made.array([test.list(made, 5)]))
      made.constant("B", made.array([made.object("Link", ivars: { "@next" => nil })]))
    },
    "many names" => lambda { |_test, made|
      names = (0...500).to_h { |i| ["@#{(97 + (i % 26)).chr}#{i / 26}x", made.string(i.to_s)] }
      made.constant("HOLDER", made.object("Holder", ivars: names))
    },
    "objects that two hold" => lambda { |_test, made|
      both = made.object("Both", memsize: 1_000)
      made.constant("PAIR", made.array(Array.new(2) do
        made.object("Half", ivars: { "@x" => both })
      end))
    },
    "objects in each other" => lambda { |_test, made|
      inner = made.object("Node", memsize: 300)
      outer = made.object("Node", memsize: 200, ivars: { "@in" => made.array([inner]) })
      made.constant("TREE", made.array([outer, made.object("Node", memsize: 100)]))
    },
    "methods" => lambda { |_test, made|
      %w[go stop go1 go2].each { |name| made.written_method("Runner", name, "/app/run.rb", 3) }
      made.written_method("Other", "go", "/app/other.rb", 3)
    },
    "keys and values" => lambda { |test, made|
      made.constant("MAP", made.hash(test.entries(made, 30, from: 0x50_0000)))
    }
  }.freeze

  HEAPS.each do |name, heap|
    define_method(:"test_#{name.tr(" ", "_")}_against_a_naive_list") do
      assert_naive(made { |made| heap.call(self, made) })
    end
  end

  def test_arrays_that_share_a_buffer
    snapshot = made do |made|
      items = Array.new(20) { made.object("Item") }
      made.constant("ALL", made.array([made.shared_array(items), made.shared_array(items)]))
    end
    item = snapshot.ways.find { |way| way.class_name == "Item" }
    assert_equal 20, item.objects
    assert_sums(snapshot, snapshot.ways)
  end

  # What is below classes that have a name and are no constants is on one trail for several of
  # them; so that is left out.
  def test_a_real_heap_against_a_naive_list
    snapshot = opened(Shop.dump({ gc: false }))
    naive = NaiveWays.new(snapshot).figures
    ways = snapshot.ways(words: 10_000)
    assert_sums(snapshot, ways)
    plain = ways.reject { |way| below_a_lost_class?(way.path) || way.node.name == "Object" }
    assert_operator plain.size, :>, 100
    figures(plain).each do |signature, (*counted, retained)|
      *expected, least = naive.fetch(signature)
      assert_equal expected, counted
      assert_operator retained, :>=, least, "trails with one signature are summed"
    end
  end

  def below_a_lost_class?(path)
    path.steps.drop(1).any? do |step|
      step.node.module? && ![nil, "Object"].include?(step.node.name) && step.edge.kind != :constant
    end
  end

  def test_the_limit
    snapshot = opened(Shop.dump({ gc: false }))
    all = figures(snapshot.ways(words: 0))
    [0, 1, 7, 100].each do |limit|
      ways = snapshot.ways(limit: limit, words: 0)
      assert_sums(snapshot, ways)
      assert_operator ways.size, :<=, limit
      figures(ways).each do |signature, figures|
        most = all.fetch(signature)
        figures.zip(most).drop(1).each { |some, of| assert_operator some, :<=, of }
      end
    end
    assert_raises(ArgumentError) { snapshot.ways(limit: -1) }
  end

  # A dump of so many classes, each with one object in a list.
  def many_classes(names)
    addresses = names.each_index.map { |i| format("0x%x", 0x100_0000 + (i * 256)) }
    objects = addresses.map { |address| "#{address}0" }
    lines = names.each_index.flat_map do |i|
      [{ address: addresses[i], type: "CLASS", name: names[i], memsize: 9 },
       { address: objects[i], type: "OBJECT", class: addresses[i], memsize: 5 }]
    end
    constants = names.zip(addresses).to_h.merge("ALL" => "0x2000")
    File.join(scratch, "classes.json").tap do |path|
      all = [{ type: "HEADER", format: 1 }, { type: "ROOT", root: "vm", references: ["0x1000"] },
             { address: "0x1000", type: "CLASS", name: "Object", constants: constants, memsize: 9 },
             { address: "0x2000", type: "ARRAY", elements: objects, memsize: 40 }, *lines]
      File.write(path, all.map { |line| "#{JSON.generate(line)}\n" }.join)
    end
  end

  # Each has a name of its own, in which digits would not count.
  def test_a_hundred_thousand_classes
    names = Array.new(100_000) { |i| "C#{i.to_s(26).tr("0-9a-p", "a-z")}" }
    snapshot = opened(many_classes(names))
    ways = snapshot.ways(limit: 1_000, words: 0)
    assert_sums(snapshot, ways)
    classes = ways.find { |way| way.class_name == "Class" && way.objects > 1 }
    assert_equal 100_000, classes.objects
    assert_equal 100_002, ways.size + ways.other.ways, "with Object, and the classes"
  end

  def test_words
    way = made { |made| sessions(made, 10) }.ways.find { |one| one.class_name == "Session" }
    assert_equal "constant Store::SESSIONS (/app/store.rb:3)", way.holder
    assert_equal ["/app/store.rb:3", "app"], [way.location, way.gem]
    assert_equal "Store (module) → constant SESSIONS → Array → […] → Session", way.told
    assert_equal way.node, way.path.target
    assert_predicate way, :frozen?
  end

  def test_names_of_one_holder_are_summed_up
    ways = made { |made| %w[A B].each { |name| made.defined_class(name) } }.ways
    classes = ways.select { |way| way.class_name == "Class" }.max_by(&:objects)
    assert_operator classes.objects, :>=, 2
    assert_match(/constant … →/, classes.told)
    assert_equal ["constant …", nil], [classes.holder, classes.location], "of no single one"
  end

  # Names that are made from data have others in the next dump, and so have the classes of objects.
  def test_numbers_and_hashes_in_names_make_no_other_way
    both = [%w[3fa9c2d1 77b0d1c2e3], %w[90aa12bc0 5d5d5d5d1]].map do |words|
      ways = made do |made|
        ivars = words.to_h { |word| ["@part_#{word}", made.string("text")] }
        made.constant("PARTS", made.object("Keeper", ivars: ivars))
        made.constant("JOBS", made.array(words.map { |word| made.object("Job#{word}") }))
      end.ways
      ways.select { |way| way.class_name.match?(/String|Job/) }
          .map { |way| [way.objects, way.signature] }
    end
    assert_equal [2, 2], both.first.map(&:first)
    assert_equal both.first.sort, both.last.sort
  end

  # The parser takes half a character (a surrogate) for valid.
  def test_names_that_are_no_text_have_signatures
    path = dump do |made|
      thread = made.thread([["serve_HALF", "/app/HALF.rb", 12]])
      made.local(thread, 0, "client_HALF", made.object("ClientHALF"))
      made.root(thread)
      made.constant("BOX", made.object("Box", ivars: { "@part_HALF" => made.object("PartHALF") }))
    end
    whole = opened(path).ways.map(&:objects)
    File.write(path, File.read(path).gsub("HALF", '\\udc00'))
    snapshot = opened(path)
    named = snapshot.ways.map(&:class_name).grep(/\?/)
    assert_equal %w[Client Part], named.map { |name| name.delete("?") }.sort
    assert_equal whole.sort, snapshot.ways.map(&:objects).sort
    assert_equal snapshot.ways.map(&:signature), snapshot.redacted.ways.map(&:signature)
  end

  # The same gem is elsewhere on another machine, and a release is in a directory of its own.
  def test_where_code_is_installed_makes_no_other_way
    files = %w[/usr/local/bundle/ruby/3.3.0/gems/puma-6.4.2/lib/puma/server.rb
               /var/lib/gems/3.1.0/gems/puma-6.5.0/lib/puma/server.rb]
    releases = %w[/srv/shop/releases/20261130124500/app.rb /srv/shop/releases/9fceb02d0ae5/app.rb]
    library = %w[/usr/lib/ruby/3.1.0/monitor.rb /opt/rubies/4.0.5/lib/ruby/4.0.0/monitor.rb]
    [files, releases, library].each do |places|
      found = places.map do |file|
        ways = made do |made|
          thread = made.thread([["serve", file, 12]])
          made.local(thread, 0, "client", made.object("Client"))
          made.root(thread)
        end.ways
        ways.find { |way| way.class_name == "Client" }.signature
      end
      assert_equal 1, found.uniq.size, places.inspect
    end
  end

  # MRI pins TOPLEVEL_BINDING, by a list since Ruby 3.4, and all that its frame holds with it.
  def test_the_binding_of_the_program_is_no_better_way_where_it_is_pinned
    told = [->(made, binding) { made.root_field("pinned", [binding]) },
            lambda { |made, binding|
              made.root_field("pinned_lists",
                              [made.hidden_data("VM/pin_array_list", pinned: [binding])])
            }].map do |pin|
      ways = made do |made|
        env = made.internal("env", locals: { kept: made.object("Kept") })
        handler = made.data("Proc", "proc", env: env)
        made.root_field("trap_handlers", { "SIGUSR1" => handler })
        pin.call(made, made.data("Binding", "binding", env: env))
      end.ways
      ways.find { |way| way.class_name == "Kept" }.told
    end
    assert_equal 1, told.uniq.size, told
    assert_match(/handler of SIGUSR1/, told.first)
  end

  # What `leaks` accuses is found under the same signature in each single dump.
  def test_suspects_have_the_signatures_of_ways
    series = { grown: grown(0, 10, 20), lists: items_in_two_lists("Item"),
               blocks: chains_of_blocks(false),
               symbols: symbol_tables(0, 500, 1_000), pages: cached_pages(0, 20, 40),
               texts: texts(1_000, 400_000, 900_000) }
    series.each do |name, dumps|
      found = HeapDump.leaks(*dumps)
      (found.suspects + found.cleared).each do |suspect|
        ways = opened(dumps.last).ways
        way = ways[suspect.signature]
        assert way, "#{name}: #{suspect.inspect} is in no way"
        assert_equal suspect.class_name, way.class_name
        assert_equal suspect.counts.last, way.objects if suspect.unit == "objects"
      end
    end
  end

  def test_nothing_secret_in_redacted_words
    snapshot = made do |made|
      secret = made.string("SECRET-1")
      made.constant("MAP", made.hash([[secret, made.object("Session")], [":plain", secret]]))
    end
    refute_includes snapshot.redacted.ways.map(&:to_h).inspect, "SECRET"
    assert_equal snapshot.ways.map(&:signature), snapshot.redacted.ways.map(&:signature)
  end

  # Another process of the same code, with more of everything: what it has besides are objects that
  # the VM happens to hold.
  def test_other_processes_have_the_same_signatures
    one, other = [80, 35].map do |number|
      opened(Shop.dump({ gc: false }, sessions: number)).ways(words: 0)
    end
    common = one.map(&:signature) & other.map(&:signature)
    assert_operator common.size, :>=, 0.98 * one.size, "#{one.size - common.size} ways are others"
    weight = one.select { |way| common.include?(way.signature) }.sum(&:objects)
    assert_operator weight, :>=, 0.98 * one.sum(&:objects)
  end

  def test_it_can_be_stopped
    snapshot = opened(Shop.dump({ gc: false }))
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { loop { snapshot.ways(words: 0) } } }
    assert_sums(snapshot, snapshot.ways(words: 0))
  end
end
