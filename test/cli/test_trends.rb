# frozen_string_literal: true

require "open3"
require "test_helper"
require "support/command_line"
require "support/grown_dumps"

# What `heapdump trends` shows, and how it ends.
class TestTrendsCommand < HeapDumpTest
  include CommandLine
  include GrownDumps

  # Sessions in a constant, one minute after the other.
  def leaking(size = 8)
    @leaking ||= grown(*Array.new(size) { |at| 20 * at })
  end

  def steady
    @steady ||= grown(*[100] * 8)
  end

  def test_a_leak_in_sentences_and_in_a_table
    out = heapdump!("trends", *leaking).out
    assert_match(
      /\Aapp on here, pid 7  8 dumps over 7 minutes, 2026-01-01 00:00 to .* UTC, Ruby 3.3.0$/, out
    )
    assert_match(
      /^1\. Session  0 → 140 objects, \+1,200 per hour, retained \+\d+\.\d KiB per hour$/, out
    )
    assert_match(/^   held by  constant Store::SESSIONS \(/, out)
    assert_match(/^   with it  String$/, out)
    assert_match(/^   because  it grew in 7 of 7 steps; /, out)
    assert_includes out, "heapdump leaks #{leaking.values_at(0, 4, 7).join(" ")}\n"
    assert_includes out, "heapdump why #{leaking.last} Session\n"
    assert_match(/^ +0 +140 +\+1,200 +▁▂▃▄▅▆▇█  leak +Session, constant Store::SESSIONS \(.*\)$/,
                 out)
  end

  def test_nothing_leaks
    out = heapdump!("trends", *steady).out
    assert_includes out, "Nothing leaks that these dumps show.\n"
    assert_match(/^Besides, there are lines .*: \d+ that are static\.$/, out)
  end

  def test_too_few_dumps_point_to_leaks
    out = heapdump!("trends", *leaking.first(3)).out
    assert_includes out, "Too few dumps for a verdict: 3, and 4 are needed. " \
                         "`heapdump leaks #{leaking.first(3).join(" ")}` compares what there is.\n"
    one = heapdump!("trends", leaking.first).out
    assert_match(/Too few dumps for a verdict: 1, and 4 are needed\.$/, one)
  end

  def test_json_has_all
    json = heapdump!("trends", "--json", *leaking).json
    assert_equal 1, json["schema_version"]
    series = json["series"].first
    assert_equal leaking, series["dumps"].map { |dump| dump["path"] }
    assert_equal ["Session"], series["leaks"].map { |leak| leak["class"] }
    line = series["lines"].find { |one| one["name"] == series["leaks"].first["line"] }
    assert_equal ["leak", [0, 20, 40, 60, 80, 100, 120, 140]], line.values_at("verdict", "values")
    assert_in_delta 1_200.0, line["per_hour"]
    assert_equal series["lines"].size, series["tally"].values.sum
  end

  def test_csv_has_a_row_for_each_dump_and_name
    head, *rows = table(heapdump!("trends", "--csv", *leaking).out)
    rows = rows.map { |row| head.zip(row).to_h }
    sessions = rows.select { |row| row["kind"] == "class" && row["class"] == "Session" }
    assert_equal leaking, sessions.map { |row| row["dump"] }
    assert_equal (0..7).map { |at| (20 * at).to_s }, sessions.map { |row| row["objects"] }
    assert_equal ["leak"], sessions.map { |row| row["verdict"] }.uniq
  end

  # Fields that are quoted, and others.
  def table(text)
    text.lines(chomp: true).map do |line|
      line.scan(/(?<=,|\A)(?:"((?:[^"]|"")*)"|([^,]*))/).map { |quoted, plain| quoted || plain }
    end
  end

  # All is ASCII where the locale has no more.
  def test_a_terminal_without_utf8
    status, out, err = heapdump_process("trends", *leaking,
                                        env: { "LC_ALL" => "C", "LANG" => "C" }).to_a
    assert_equal 0, status.is_a?(Integer) ? status : status.exitstatus, err
    assert_match(/_\.:-=\+\*#  leak/, out)
  end

  def test_gates
    assert_equal 2, heapdump("trends", "--fail-on", "any", *leaking).status
    assert_equal 2, heapdump("trends", "--fail-on", "count>100", "--json", *leaking).status
    assert_equal 0, heapdump("trends", "--fail-on", "count>1000", *leaking).status
    assert_equal 0, heapdump("trends", "--fail-on", "any", *steady).status
    wrong = heapdump("trends", "--fail-on", "rss>5MB", *leaking)
    assert_equal [64, true], [wrong.status, wrong.err.include?("`heapdump leaks` has it")]
  end

  # What cannot be judged must not pass.
  def test_a_gate_needs_dumps_that_can_be_judged
    answer = heapdump("trends", "--fail-on", "any", *leaking.first(3))
    assert_equal 1, answer.status
    assert_match(/cannot judge/, answer.err)
  end

  def test_damaged_dumps_are_left_out_and_told
    File.write(leaking[3], File.read(leaking[3])[0, 3_000])
    File.write(leaking[5], "no dump")
    answer = heapdump("trends", *leaking)
    assert_equal 0, answer.status
    assert_equal 2, answer.err.scan("is left out: ").size
    assert_match(/^app on here, pid 7  6 dumps/, answer.out)
    assert_match(/^1\. Session/, answer.out)
    strict = heapdump("trends", "--strict", *leaking)
    assert_equal 1, strict.status
  end

  def test_wrong_arguments
    assert_equal 64, heapdump("trends").status
    assert_equal 64, heapdump("trends", "--csv", "--json", *steady).status
    none = heapdump("trends", File.join(scratch, "none.json"))
    assert_equal [1, true], [none.status, none.err.include?("no such file")]
    empty = File.join(scratch, "empty")
    Dir.mkdir(empty)
    assert_equal 1, heapdump("trends", empty).status
  end

  # Two processes in the directory of a watch, and an extract whose dump is gone.
  def test_the_directory_of_a_watch
    %w[series-here-7-a1 series-here-7-b2].each do |name|
      dir = File.join(scratch, "watch", name)
      FileUtils.mkdir_p(dir)
      (name.end_with?("a1") ? leaking : steady).each { |path| FileUtils.cp(path, dir) }
    end
    out = heapdump("trends", File.join(scratch, "watch")).out
    assert_equal 2, out.scan(/^app on here, pid 7  8 dumps/).size
    File.delete(*Dir[File.join(scratch, "watch/*/*.json")].first(3))
    again = heapdump("trends", File.join(scratch, "watch")).out
    assert_equal 2, again.scan(/^app on here, pid 7  8 dumps/).size
  end

  # The commands that it shows can be copied, also for hostile names of classes and files.
  def test_the_command_that_shows_who_holds_a_leak_finds_it
    FileUtils.mkdir(File.join(scratch, "my \e[31m d\xFFmps"))
    dumps = Array.new(8) do |at|
      path = dump(at) { |made| sessions(made, 20 * at, klass: "Ses\e[31m's\u202Eion") }
      File.rename(path, path = File.join(scratch, "my \e[31m d\xFFmps", File.basename(path)))
      path
    end
    out = heapdump!("trends", *dumps).out
    commands = out.scan(/^   (?:more)? +heapdump (.*)$/).flatten
    assert_equal 2, commands.size, out
    commands.each do |line|
      words, = Open3.capture2("bash", "-c", "printf '%s\\0' #{line}")
      words = words.b.split("\0").map { |word| word.force_encoding(Encoding::UTF_8) }
      answer = heapdump(*words)
      assert_equal [0, ""], [answer.status, answer.err], line
    end
  end

  # What has no name, and what is kept of dumps that are gone, no other command can open.
  def test_no_command_that_cannot_work
    heapdump!("trends", *leaking)
    File.delete(*leaking.last(2))
    out = heapdump!("trends", scratch).out
    assert_includes out, "heapdump why #{leaking[-3]} Session\n"
    File.delete(*leaking.first(6))
    out = heapdump!("trends", scratch).out
    assert_match(/^1\. Session/, out)
    refute_match(/heapdump (leaks|why)/, out)
  end

  def test_names_of_strangers_are_harmless
    dumps = Array.new(8) do |at|
      dump(at) { |made| sessions(made, 20 * at, klass: "Ses\e[31msion") }
    end
    %w[--json --csv --limit=5].each do |option|
      refute_includes heapdump!("trends", option, *dumps).out, "\e[31m", option
    end
  end
end
