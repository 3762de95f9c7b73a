# frozen_string_literal: true

require "test_helper"
require "heapdump/convert"
require "support/command_line"
require "support/shop"

# Dumps whose lines are valid JSON and say nonsense: numbers where texts should be, and so on. Every
# command says something, or refuses in one line.
class TestStrange < HeapDumpTest
  include CommandLine

  NONSENSE = [
    nil, true, -1, 0, 1.5e300, 1 << 80, "", "x", "0x1", "0xzz", ":a", "\e[31m", [], {}, [[]],
    [[1, 2, 3]], { "a" => 1 }, [nil], ["0x1"], { "0x1" => "0x2" }, [{}],
    [{ "label" => 1, "self" => [] }]
  ].freeze
  ROUNDS = Integer(ENV.fetch("ROUNDS", 3))
  SEED = Integer(ENV.fetch("SEED", Random.rand(1 << 30)))

  # A dump in which so many per mille of the lines have one field changed.
  def strange(random, per_mille)
    path = File.join(scratch, "strange.json")
    File.open(path, "w") do |io|
      File.foreach(Shop.dump) do |text|
        chosen = random.rand(1000) < per_mille || text.match?(/"type":"(HEAD|FOOT)ER"/)
        io.puts(chosen ? change(text, random) : text)
      end
    end
    path
  end

  def change(text, random)
    line = JSON.parse(text)
    place = line
    key = line.keys.drop(2).sample(random: random) or return text
    if line[key].is_a?(Hash) && line[key].any? && random.rand(2).zero?
      place = line[key]
      key = place.keys.sample(random: random)
    end
    place[key] = NONSENSE.sample(random: random)
    JSON.generate(line)
  end

  def test_no_command_trips_over_nonsense
    random = Random.new(SEED)
    ROUNDS.times do |round|
      path = strange(random, [20, 200, 1000][round % 3])
      addresses = File.foreach(path).map { |line| line[/0x\h+/] }.compact.sample(60, random: random)
      commands(path).each { |argv| assert_answers(argv) }
      addresses.each do |address|
        %w[show why].each do |name|
          assert_answers([name, path, address])
        end
      end
    end
  end

  ASKED = [
    %w[summary], %w[top --depth 3 --limit 200], %w[strings --limit 200], %w[verify],
    %w[find --type STRING --limit 500], %w[find --value waiting], %w[diff OTHER]
  ].freeze

  def commands(path)
    asked = ASKED.flat_map do |name, *rest|
      words = [name, path, *rest.map { |word| word == "OTHER" ? Shop.dump : word }]
      [words, [*words, "--json"]]
    end
    converted = HeapDump::Convert::FORMATS.keys.map { |format| ["convert", path, "--to", format] }
    [*asked, *converted, ["why", path, "Session"]]
  end

  def assert_answers(argv)
    answer = heapdump(*argv)
    assert_includes [0, 1], answer.status
    harm = answer.out.scan(HeapDump::Terminal::Text::HARMFUL) - ["\n"]
    assert_empty harm unless argv.first == "convert"
  rescue Minitest::Assertion
    raise
  rescue StandardError => e
    flunk "#{argv.join(" ")} with SEED=#{SEED}: #{e.class}: #{e.message}\n" +
          e.backtrace.first(6).join("\n")
  end
end
