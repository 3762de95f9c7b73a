# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"

# What serves dumps is loaded where it is wanted, and nowhere else.
class TestLoadingOfWeb < HeapDumpTest
  SHOW = <<~'RUBY'
    found = $LOADED_FEATURES.grep(/\/(?:rack|rackup|webrick)(?:\/|\.rb)|heapdump\/web/)
    puts found
  RUBY

  def loaded(code)
    Child.ruby!("#{code}\n#{SHOW}", gems: true, bare: true).out.lines(chomp: true)
  end

  def test_an_application_loads_nothing_of_it
    ["heapdump", "heapdump/auto", "heapdump/snapshot", "heapdump/leaks", "heapdump/convert",
     "heapdump/integrations/unicorn", "heapdump/integrations/pitchfork", "puma/plugin/heapdump"]
      .each do |file|
      code = file.start_with?("puma") ? 'require "puma/plugin"; ' : ""
      assert_empty loaded("#{code}require #{file.inspect}"), file
    end
  end

  def test_the_application_may_name_it
    assert_includes loaded('require "heapdump"; HeapDump::Web').join, "heapdump/web.rb"
  end

  def test_no_other_command_loads_it
    (HeapDump::CLI::COMMANDS.keys - ["ui"]).each do |name|
      code = <<~RUBY
        require "heapdump/cli"
        require "stringio"
        HeapDump::CLI.run(["help", #{name.inspect}], out: StringIO.new)
        HeapDump::CLI.run([#{name.inspect}, "/nowhere"], out: StringIO.new, err: StringIO.new)
      RUBY
      assert_empty loaded(code), name
    end
  end
end
