# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shippable"

# Names of files in a process without a locale, as cron starts it, and names that are no text.
class TestShipLocale < HeapDumpTest
  include CommandLine
  include Shippable

  NAMES = ["ä.json", "b\xFF.json".b].freeze

  def test_a_process_without_a_locale
    NAMES.each { |name| dump(name) }
    target = File.join(scratch, "tö").tap { |path| Dir.mkdir(path) }
    %w[C C.UTF-8].each do |locale|
      assert_predicate wait_for(start_ship("--to", target, "--once", env: { "LC_ALL" => locale })),
                       :success?, File.read(log("err"))
      assert_predicate wait_for(start_ship("--status", env: { "LC_ALL" => locale })), :success?
    end
    assert_empty File.read(log("err"))
    said = File.read(log("out"), encoding: "UTF-8")
    assert_equal 1, said.scan("ä.json: shipped to #{target}/ä.json").size
    assert_equal 1, said.scan("b\\xFF.json: shipped to #{target}/b\\xFF.json").size
    assert_equal NAMES.map(&:b).sort, files(target).map(&:b).grep_v(/manifest/n).sort
  end

  def test_directories_that_are_no_text
    @from = File.join(scratch.b, "from\xFF".b).tap { |path| Dir.mkdir(path) }
    target = File.join(scratch.b, "to\xFE".b).tap { |path| Dir.mkdir(path) }
    NAMES.each { |name| FileUtils.mv(written(name), File.join(from, name.b)) }
    assert_empty ship(HeapDump::Ship.sink(target)).failures
    assert_equal NAMES.map(&:b).sort, Dir.children(target).map(&:b).grep_v(/manifest/n).sort
  end

  # A dump in a directory whose name is text.
  def written(name)
    directory = @from
    @from = scratch
    dump(name)
  ensure
    @from = directory
  end
end
