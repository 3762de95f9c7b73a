# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/measured_app"

# What `heapdump measure requires` says of small applications.
class TestMeasureRequires < HeapDumpTest
  include CommandLine
  include MeasuredApp

  # Text that is kept, so that its size is known.
  LARGE = "LARGE = Array.new(2000) { |i| (\"x\" * 3000) << i.to_s }\n"
  SMALL = "require_relative 'large'\nSMALL = Array.new(100) { |i| \"small \#{i}\" }\n"

  def test_the_tree_and_its_costs
    dir = app("require_relative 'lib/small'\nload File.join(__dir__, 'lib/again.rb')\n" \
              "begin; require 'not/there'; rescue LoadError; end\n#{PLAIN}",
              "lib/small.rb" => SMALL, "lib/large.rb" => LARGE, "lib/again.rb" => "AGAIN = 1")
    json = measure!("requires", dir, "--count", "1", "--cut", "0", "--json").json
    rows = json["requires"].to_h { |row| [row["file"].delete_prefix("#{dir}/"), row] }
    small, large = rows.values_at("lib/small.rb", "lib/large.rb")
    assert_equal small["depth"] + 1, large["depth"]
    assert_operator large["objects"], :>=, 2001
    assert_operator large["bytes"], :>, 6_000_000
    assert_operator small["objects"], :>=, large["objects"] + 100
    assert_equal small["objects"] - large["objects"], small["own"]["objects"]
    assert_operator small["own"]["bytes"], :<, 100_000
    assert_includes rows, "lib/again.rb"
    refute_includes rows.keys.join, "not/there"
    assert_equal json["objects"], json["gems"].sum { |gem| gem["objects"] } + outside(json)
    return unless File.readable?("/proc/self/statm")

    assert_operator large["resident"], :>, 4_000_000
    assert_operator small["resident"], :>=, large["resident"]
    assert_operator json["resident"], :>, json["before"]
  end

  # What the application has made outside of all files, as that of config.ru.
  def outside(json)
    json["objects"] - json["requires"].select { |row| row["depth"].zero? }
                                      .sum { |row| row["objects"] }
  end

  def test_libraries_that_replace_require
    dir = app(<<~RUBY, "lib/a.rb" => "A = caller_locations.map(&:path)", "lib/b.rb" => "B = 2")
      module Kernel
        alias_method :their_require, :require
        def require(path) = their_require(path)
        private :require, :their_require
      end
      Object.autoload :A, File.join(__dir__, "lib/a.rb")
      A.first.start_with?("<internal:") && A.none? { |path| path.end_with?("kernel.rb") } or raise A.inspect
      Kernel.require(File.join(__dir__, "lib/b.rb"))
      Thread.new { require "json" }.join
      eval("require_relative 'lib/b'", binding, __FILE__)
      begin
        eval("require_relative 'lib/b'")
      rescue LoadError
        nil
      end
      #{PLAIN}
    RUBY
    files = measure!("requires", dir, "--count", "1", "--cut", "0", "--json").json["requires"]
    names = files.map { |row| File.basename(row["file"]) }
    assert_equal 1, names.count("a.rb")
    assert_equal 1, names.count("b.rb")
    refute_includes names, "json.rb"
  end

  def test_text_and_page
    dir = app("require_relative 'lib/large'\n#{PLAIN}", "lib/large.rb" => LARGE)
    page = File.join(scratch, "page.html")
    answer = measure("requires", dir, "--count", "1", "-o", page)
    assert_equal 0, answer.status, answer.err
    assert_match(%r{^ *[\d.]+ MiB +[\d,]+ +[\d.]+ MiB +lib/large.rb$}, answer.out)
    assert_match(/^ *\S+ MiB .* app$/, answer.out)
    assert_includes File.read(page), "lib/large.rb"
    assert_match(/page.html: /, answer.err)
    again = measure("requires", dir, "-o", page)
    assert_equal 1, again.status
    assert_match(/is there already/, again.err)
  end

  EVIL = "evil\e[2J\u009B2J<script>"

  def test_hostile_names
    dir = app("require File.join(__dir__, #{"lib/#{EVIL}.rb".dump})\n" \
              "require File.join(__dir__, \"lib/\\xFF.rb\")\n#{PLAIN}",
              "lib/#{EVIL}.rb" => LARGE, "lib/\xFF.rb".b => LARGE)
    page = File.join(scratch, "page.html")
    [[], ["--json"], ["-o", page]].each do |options|
      answer = measure("requires", dir, "--count", "1", *options)
      assert_equal 0, answer.status, answer.err
      refute_match(/[\e\u009B]/, answer.out + answer.err)
      assert_predicate answer.out, :valid_encoding?
    end
    text = File.read(page, encoding: "UTF-8")
    assert_predicate text, :valid_encoding?
    refute_match(/[\e\u009B]|2J<script>/, text)
  end
end
