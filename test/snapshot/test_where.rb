# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"

# Conditions as text: what they mean, and what is said of what is none.
class TestWhere < HeapDumpTest
  Where = HeapDump::Snapshot::Where
  Invalid = HeapDump::Snapshot::InvalidCondition
  STRING = HeapDump::Snapshot::Node::TYPES.index("STRING")

  def parse(text)
    Where.parse(text).map(&:to_a)
  end

  def test_conditions
    { "class = Session" => [[:class, "=", "Session"]],
      " is_a!=Shop::Cart " => [[:is_a, "!=", "Shop::Cart"]],
      'class == "my \"class\"" and type = string' =>
        [[:class, "=", 'my "class"'], [:type, "=", STRING]],
      "size>64k and retained >= 1M and length<2g" =>
        [[:size, ">", 65_536], [:retained, ">=", 1 << 20], [:length, "<", 2 << 30]],
      "objects <= 3 and size != 1kb and size = 2KiB" =>
        [[:objects, "<=", 3], [:size, "!=", 1024], [:size, "=", 2048]],
      "flag = finalizer and flag != old" => [[:flag, "=", 7], [:flag, "!=", 4]],
      "held_by = Session and holds != 0x7F10" =>
        [[:held_by, "=", "Session"], [:holds, "!=", Where::Address.new("0x7F10")]],
      "class = Été and\n\tsize < 1" => [[:class, "=", "Été"], [:size, "<", 1]] }
      .each { |text, expected| assert_equal expected, parse(text), text }
  end

  def test_values_of_variables
    { ":open" => :open, ":open?" => :open?, ":\"two words\"" => :"two words", ":'a'" => :a,
      '"a\n\t\"\\\\é\u00e9"' => "a\n\t\"\\éé", "'it\\'s \\n'" => "it's \\n", '""' => "",
      "3" => 3, "-1_000" => -1000, "1.5" => 1.5, "-2e3" => -2000.0, "1.25e-2" => 0.0125,
      "nil" => nil, "true" => true, "false" => false,
      "0x10" => Where::Address.new("0x10") }.each do |text, value|
      assert_equal [["@état_1", "=", value]], parse("@état_1 == #{text}"), text
      assert_equal [["@a", "!=", value]], parse("@a!= #{text}"), text
    end
    assert_equal [["@a", "=~", %r{a/\d\\}mix], ["@b", "!~", /x y/]],
                 parse('@a =~ /a\/\d\\\\/mxi and @b!~/x y/')
    assert_equal [["@a", "<", 3], ["@b", ">=", -1.5]], parse("@a < 3 and @b>=-1.5")
  end

  # What is wrong, at which character, and what should be there.
  WRONG = {
    "" => [1, /\Awhere: class, is_a, .* or the name of .* \(@state\) .*, but the text ends\z/],
    "foo = 1" => [1, /class, is_a, type.*, not "foo"\z/],
    "classes = A" => [1, /, not "classes"\z/],
    "class" => [6, /: = != after class is expected at character 6, but the text ends\z/],
    "class < A" => [7, /: = != after class is expected at character 7, not "<"\z/],
    "class = session" => [9, /the name of a class \(Session, "my class"\) is .*, not "session"\z/],
    "class = A::b" => [10, /a space or the end is expected at character 10, not "::b"\z/],
    "class = A-B" => [10, /a space or the end is expected at character 10, not "-B"\z/],
    "flag = conservative" => [8, /a flag \(finalizer frozen old .*\) is expected at character 8/],
    "flag > old" => [6, /: = != after flag is expected at character 6, not ">"\z/],
    "page = full" => [8, /"sparse" is expected at character 8, not "full"\z/],
    "page != sparse" => [6, /: = after page is expected at character 6, not "!="\z/],
    "size = big" => [8, /a number \(4096, 64k, 1M\) is expected at character 8, not "big"\z/],
    "size = 1.5" => [8, /a number .* not "1.5"\z/], "size = 1kk" => [8, /not "1kk"\z/],
    "size = 8589934592G" => [8, /a number below 2\^63 is expected at character 8, not "85/],
    "size = -1" => [8, /not "-1"\z/], "size =~ /1/" => [6, /: = != < <= > >= after size is/],
    "size > 1 or size < 3" => [10, /: "and" is expected at character 10, not "or"\z/],
    "size > 1 size < 3" => [10, /"and" is expected/], "size > 1 and" => [13, /but the text ends\z/],
    "type = THING" => [8, /a type \(OBJECT CLASS .* MISSING\) is expected .* not "THING"\z/],
    "held_by = 0xg" => [11, /the name of a class or an address .* not "0xg"\z/],
    "@ = 1" => [1, /class, is_a/], "@a is 1" => [4, /: = != < <= > >= =~ !~ after @a is expected/],
    "@a = open" => [6, /a value \(:open, "text", 3, .*\) is expected at character 6, not "open"\z/],
    "@a = nils" => [6, /a value/], "@a = :" => [6, /a symbol \(:open, :"two words"\)/],
    '@a = "x' => [6, /the end of the text in quotes is expected at character 6, not "\\"x"\z/],
    '@a = :"x' => [7, /the end of the text in quotes/],
    '@a = "\ud800"' => [14, /no character \\ud800/],
    '@a > "x"' => [6, /a number \(3, -1.5\) is expected/],
    "@a =~ x" => [7, %r{\(/text/i\) is expected}],
    "@a =~ /(/" => [7, /the regular expression at character 7 is wrong: end pattern/],
    "@a =~ /(?<=(?i)ss)x/" => [7, /character 7 is wrong: invalid pattern in look-behind/],
    "@a =~ /x/y" => [10, /a space or the end is expected at character 10, not "y"\z/],
    "@a = 1.2.3" => [6, /a number/], "size = 1\xff" => [9, /character 9 is not valid UTF-8/],
    (["size > 1"] * 21).join(" and ") => [261, /the end after 20 conditions is expected/]
  }.freeze

  def test_what_is_wrong
    WRONG.each do |text, (position, message)|
      error = assert_raises(Invalid, text) { parse(text) }
      assert_match message, error.message, text
      assert_equal position, error.position, text
    end
    assert_equal 20, parse((["size > 1"] * 20).join(" and ")).size
  end

  def test_other_encodings
    assert_equal [["@a", "=", "é"]], parse('@a = "é"'.encode("UTF-16LE"))
    assert_equal [["@a", "=", "é"]], parse('@a = "é"'.b)
    assert_raises(Invalid) { parse("@a = \xff".dup.force_encoding("Shift_JIS")) }
    [nil, :size, 3].each { |wrong| assert_raises(ArgumentError) { Where.parse(wrong) } }
  end

  PARTS = [*Where::SUBJECTS.keys.map(&:to_s), "@a", "@état", "=", "==", "!=", "<", "<=", "=~", "!~",
           "and", " ", "\n", "Session", "A::B", '"', "'", "\\", "\\u00e9", "\\ud800", ":", "/",
           "(", "[", "*", "{9}", "0x1f", "3", "64k", "1.5", "e9", "-", "_", "nil", "true", "STRING",
           "\u00e9", "\u{1f600}", "\xff", "\0", "and size > 1", "\\", "?", "i", "."].freeze

  # Whatever the text is, it is read or refused.
  def test_any_text
    random = Random.new(ENV.fetch("SEED", "1").to_i)
    read = 0
    20_000.times do
      text = spoilt(random)
      parse(text)
      read += 1
    rescue Invalid => e
      assert_match(/\Awhere: /, e.message)
      assert e.position.between?(1, text.size + 1), text
    end
    assert_operator read, :>, 1000
  end

  # Parts of conditions in any order, or conditions with parts put in somewhere.
  def spoilt(random)
    text = random.rand(2).zero? ? +"" : random_condition(random).last
    random.rand(8).times do
      text.insert(random.rand(text.size + 1), PARTS.sample(random: random))
    end
    random.rand(20).zero? ? text.b : text
  end

  # What was written is what is read.
  def test_random_conditions
    random = Random.new(2)
    2000.times do
      expected = Array.new(1 + random.rand(4)) { random_condition(random) }
      text = expected.map(&:last).join([" and ", "  and\n"].sample(random: random))
      assert_equal expected.map { |condition| condition.first(3) }, parse(text), text
    end
  end

  # Subject, operator, value, and the text of all of them.
  def random_condition(random)
    subject, kind = [*Where::SUBJECTS, ["@x", :field]].sample(random: random)
    value, text = random_value(kind, random)
    operators = { number: %w[= != < <= > >=], page: %w[=], place: %w[=] }.fetch(kind, %w[= !=])
    operator = operators.sample(random: random)
    [subject, operator, value, "#{subject}#{" " * random.rand(2)}#{operator} #{text}"]
  end

  def random_value(kind, random)
    name = %w[A Foo::Bar Set].sample(random: random)
    number = random.rand(1 << 30)
    case kind
    when :name then [name, [name, name.dump].sample(random: random)]
    when :type then [STRING, %w[STRING string String].sample(random: random)]
    when :flag then [7, "finalizer"]
    when :page then [:sparse, "sparse"]
    when :place then ["a b/c.rb:#{number}", "\"a b/c.rb:#{number}\""]
    when :number then [number << 10, "#{number}k"]
    when :object then [Where::Address.new(format("0x%x", number)), format("0x%x", number)]
    else
      value = [number, -number, number / 64.0, "a \"#{number}\\", :"s #{number}", nil, true]
              .sample(random: random)
      [value, value.inspect]
    end
  end
end
