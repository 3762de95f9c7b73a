# frozen_string_literal: true

require "test_helper"
require "support/laws"
require "support/with_rails"

# The six laws over a booted Rails app.
class TestLawsRails < HeapDumpTest
  include Laws
  include WithRails

  APP = <<~'RUBY'
    require "json"
    require "support/rails_app"
    require "support/sandwich"
    require "heapdump"
    directory, options = ARGV[0], JSON.parse(ARGV[1], symbolize_names: true)
    GCRegime.start
    Dir.chdir(directory) { RailsApp.boot }
    Sandwich.run(directory, **options)
    exit!(0)
  RUBY

  def self.dumped
    @dumped ||= Dumps.make("rails", {}, code: APP, gems: true).tap { |made| show(made.check) }
  end

  # The figures that a release is judged by.
  def self.show(check)
    law = check.references
    puts format("Rails app on Ruby %<ruby>s: %<objects>d objects, %<references>d references, " \
                "%<bad>d bad lines, %<lost>d lost references",
                ruby: RUBY_VERSION, objects: check.reader.object_lines,
                references: law.checked_references, bad: check.reader.complaints.size,
                lost: law.count(:lost))
  end

  def dumped
    self.class.dumped
  end

  # As bench/names.rb counts them; docs/names.md has the figures.
  def test_at_most_one_reference_in_a_hundred_has_no_name
    all = nameless = 0
    File.foreach(dumped.path) do |text|
      line = JSON.parse(text)
      all += References.of(line).size
      nameless += line.fetch("references", []).size
    end
    assert_operator nameless, :<=, all / 100, "of #{all} references"
  end

  # They stand on one line and not on two.
  def test_an_object_whose_variables_are_apart_has_none_itself
    lines = dumped.dump.select("OBJECT").select { |line| line["fields"] }
    assert_none lines.select { |line| line["ivars"] }, "objects have variables twice"
  end

  def test_a_leak_is_found_by_its_names
    dump = dumped.dump
    controller = dump.mod("RailsApp::SessionsController")
    leak = dump[controller.fetch("constants").fetch("LEAK")]
    assert_equal 10, leak.fetch("length")
    holder = dump[leak.fetch("elements").first]
    assert_match(/rails_app\.rb\z/, holder.fetch("file"))
    session = dump[variables_of(dump, holder.fetch("self")).fetch("@session")]
    assert_equal "RailsApp::Session", session.fetch("class_name")
  end

  private

  # Since Ruby 4.1 those of an object with many stand on a line of their own.
  def variables_of(dump, address)
    line = dump[address]
    (line["fields"] ? dump[line["fields"]] : line).fetch("ivars")
  end
end
