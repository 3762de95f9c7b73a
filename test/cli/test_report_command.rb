# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"
require "support/shop"

# `heapdump report`, and --html of `leaks` and `diff`: what they write where, and what they refuse.
class TestReportCommand < HeapDumpTest
  include CommandLine
  include GrownDumps

  def page
    File.join(scratch, "report.html")
  end

  def written
    File.read(page, encoding: "UTF-8")
  end

  def assert_refused(expected, answer, status: 64)
    assert_equal [status, ""], [answer.status, answer.out]
    assert_match expected, answer.err
    refute_path_exists page
  end

  def test_one_dump
    answer = heapdump!("report", Shop.dump, "-o", page)
    size = HeapDump::Terminal::Units.bytes(File.size(page))
    assert_equal "#{page}: #{size}, to be opened in a browser; values are hidden (--values shows " \
                 "them)\n", answer.out
    assert_match(/\A<!DOCTYPE html>/, written)
    assert_match(%r{<h1>Heap report: heap.json</h1>}, written)
    assert_equal 0o600, File.stat(page).mode & 0o777
    assert_equal ["report.html"], Dir.children(scratch)
  end

  def test_several_dumps_and_a_directory_of_them
    paths = grown(0, 100, 200)
    heapdump!("report", *paths, "-o", page)
    by_names = written
    assert_includes by_names, "<h1>Heap report: Session leaks</h1>"
    heapdump!("report", File.dirname(paths.first), "-o", page, "--force")
    assert_equal by_names, written
  end

  def test_values
    heapdump!("report", Shop.dump, "-o", page)
    refute_includes written, "waiting for payment"
    answer = heapdump!("report", Shop.dump, "-o", page, "--force", "--values")
    assert_match(/it shows values of the process, so keep it as safe as the dumps/, answer.out)
    assert_includes written, "waiting for payment"
  end

  def test_for_a_program
    answer = heapdump!("report", Shop.dump, "-o", page, "--json")
    assert_equal({ "schema_version" => 1, "report" => page, "bytes" => File.size(page),
                   "values" => false }, answer.json)
  end

  def test_not_to_a_terminal_or_a_pipe
    ["-", nil].each do |output|
      option = output ? ["-o", output] : []
      assert_refused(/report\.html/, heapdump("report", Shop.dump, *option))
    end
  end

  def test_nothing_is_overwritten_unasked
    File.write(page, "precious")
    answer = heapdump("report", Shop.dump, "-o", page)
    assert_equal 1, answer.status
    assert_match(/is there already; --force replaces it/, answer.err)
    assert_equal "precious", written
  end

  def test_dumps_are_never_replaced
    paths = grown(0, 100)
    before = paths.map { |path| File.binread(path) }
    paths.each do |path|
      answer = heapdump("report", *paths, "-o", path, "--force")
      assert_equal 1, answer.status
      assert_match(/is the dump itself/, answer.err)
    end
    assert_equal(before, paths.map { |path| File.binread(path) })
  end

  def test_too_many_dumps
    paths = [grown(0, 100).first] * 33
    [["report", "-o", page], ["leaks"], ["leaks", "--html", page],
     ["diff", "--html", page]].each do |command, *options|
      assert_refused(/\Aheapdump: 33 dumps are too many: 32 can be compared/,
                     heapdump(command, *paths, *options))
    end
  end

  def test_beside_what_leaks_and_diff_show
    paths = grown(0, 100, 200)
    heapdump!("report", *paths, "-o", page)
    report = written
    { "leaks" => [], "diff" => ["--by", "type"] }.each do |command, options|
      shown = heapdump!(command, *paths, *options).out
      [[], ["--json"]].each do |json|
        FileUtils.rm_f(page)
        answer = heapdump(command, *paths, *options, *json, "--html", page)
        assert_equal 0, answer.status
        assert_match(/\Aheapdump: #{page}: [\d.]+ KiB, to be opened in a browser; .*\n\z/,
                     answer.err)
        assert_equal report, written
        json.empty? ? assert_equal(shown, answer.out) : answer.json
      end
    end
  end

  def test_a_gate_fails_and_the_report_is_there
    answer = heapdump("leaks", *grown(0, 100, 200), "--fail-on", "any", "--html", page)
    assert_equal 2, answer.status
    assert_includes written, "Session leaks"
  end

  def test_what_is_wrong_with_the_output_is_said_before_dumps_are_read
    missing = File.join(scratch, "nowhere", "report.html")
    %w[report leaks diff].each do |command|
      option = command == "report" ? "-o" : "--html"
      answer = heapdump(command, *grown(0, 100), option, missing)
      assert_equal 1, answer.status
      assert_match(/there is no directory/, answer.err)
    end
  end
end
