# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/report_page"

# A report can be handed on: unless values are asked for, nothing of the program's data is in it,
# wherever in the dump it is.
class TestSecrets < HeapDumpTest
  include GrownDumps

  WORD = "s3cr3t"
  NUMBER = 471_147_114
  HOME = "/home/#{WORD}/shop".freeze
  MEMORY = {
    rss: 50_000_000, heap_pages: { touched: 1_000_000 }, stacks: { touched: 10_000 },
    code: { bytes: 1_000_000, files: [{ path: "#{HOME}/native.so", bytes: 900_000 }] }
  }.freeze

  # Dumps of a leak whose keys, names and places are secrets, one of each kind.
  def secrets
    @secrets ||= [10, 200, 400].map.with_index do |count, number|
      path = dump(number, program: "serve --key #{WORD}", memory: MEMORY) do |made|
        leak(made, count)
        others(made)
      end
      File.write(path, File.read(path).sub('"host":"here"', "\"host\":\"#{WORD}\""))
      path
    end
  end

  # Sessions in a list behind a key that is data, and in hashes with keys that are.
  def leak(made, count)
    list = objects(made, "Session", count, 0x50_0000, memsize: 100)
    made.constant("SESSIONS", made.hash([[made.string("tenant #{WORD}"), made.array(list)]]))
    visits = objects(made, "Visit", count, 0x60_0000).map.with_index do |visit, i|
      [made.string("#{WORD} #{i}", address: 0x1060_0000 + (i * 64)), visit]
    end
    made.constant("VISITS", made.hash(visits))
    numbers = objects(made, "Order", count, 0x70_0000).map.with_index { |one, i| [NUMBER + i, one] }
    made.constant("ORDERS", made.hash(numbers))
  end

  # What else there is to say of a heap.
  def others(made)
    texts = Array.new(50) { made.string("password #{WORD}") } + [made.symbol(WORD)]
    made.constant("TEXTS", made.array(texts))
    proc = made.data("Proc", "proc", file: "#{HOME}/bus.rb", line: 7, memsize: 90_000)
    thread = made.thread([["go #{HOME}/x.rb", "#{HOME}/go.rb", 3]], thread_name: WORD)
    made.local(thread, 0, "found", proc)
    made.root(thread)
    user = made.object("User", memsize: 50_000, ivars: { "@pin" => NUMBER, "@ratio" => 4711.4711 })
    cache = [[[WORD, NUMBER], user], [made.symbol(WORD), proc], [4711.4711, user]]
    cache = cache.map { |key, value| [key.is_a?(Array) ? made.array(key) : key, value] }
    made.constant("CACHE", made.hash(cache))
    file = made.file("File", path: "/uploads/#{WORD}", memsize: 60_000)
    made.constant("FILES", made.array([file]))
  end

  SECRETS = /#{WORD}|#{[WORD].pack("m0").delete("=")}|47_?1147|471,147|4711\.47/

  def test_nothing_is_shown
    [ReportPage.of(*secrets), ReportPage.of(secrets.last)].each do |page|
      found = page.html.scan(/.{0,60}(?:#{SECRETS}).{0,30}/)
      assert_empty found
      assert_match(/Values are hidden/, page.text(".state"))
    end
  end

  def test_what_the_page_is_about_is_there
    page = ReportPage.of(*secrets)
    text = page.text
    ["Session", "Visit", "Order", "constant SESSIONS", "a text of 15 B", "proc ~/shop/bus.rb:7",
     "thread at ~/shop/go.rb:3", "[String of 13 B 0x"].each { |words| assert_includes text, words }
  end

  # The same dumps do have them, so that the test above would find them.
  def test_values_are_shown_if_that_is_asked_for
    page = ReportPage.of(*secrets, values: true)
    assert_match(/Values are shown/, page.text(".state.shown"))
    ["[\"tenant #{WORD}\"]", "\"password #{WORD}\"", "thread \"#{WORD}\"", "serve --key #{WORD}",
     "File /uploads/#{WORD}", "#{HOME}/bus.rb:7", "[471147"].each do |words|
      assert_includes page.text, words
    end
  end

  def test_verdicts_are_the_same
    shown, hidden = [true, false].map { |values| ReportPage.of(*secrets, values: values) }
    assert_equal shown.text("#leaking h3"), hidden.text("#leaking h3")
    assert_equal shown.text("#leaking .answer"), hidden.text("#leaking .answer")
    signatures = [shown, hidden].map { |page| page.text("#leaking .more").scan(/\b\h{16}\b/) }
    assert_equal(*signatures)
    assert_operator signatures.first.size, :>, 1
  end
end
