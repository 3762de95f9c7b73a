# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/measured_app"
require "support/with_rails"

# `heapdump measure` and the Rails application of the suite.
class TestMeasureRails < HeapDumpTest
  include CommandLine
  include WithRails
  include MeasuredApp

  RACKUP = <<~RUBY.freeze
    require #{File.join(Child::ROOT, "test/support/rails_app").inspect}
    RailsApp::Application.initialize!
    run RailsApp::Application
  RUBY

  def test_requires
    json = measure!("requires", app(RACKUP), "--count", "1", "--json").json
    assert_equal "production", json["environment"]
    gems = json["gems"].map { |gem| gem["name"][/\A[a-z_]+/] }
    assert_includes gems.first(6), "actionpack"
    assert_includes gems.first(6), "activesupport"
    files = json["requires"].map { |row| row["file"] }
    assert(files.any? { |file| file.end_with?("/active_record.rb") })
    assert_equal 0, json["requires"].first["depth"]
  end

  def test_growth
    answer = measure("growth", app(RACKUP), "--path", "/sessions/1", "--count", "40", "--warmup",
                     "20", "--dumps", "3")
    assert_equal 0, answer.status, answer.err
    assert_match(/RailsApp::SessionsController  20 → 60 → 100/, answer.out)
    assert_match(/added by.*rails_app\.rb:\d+/, answer.out)
  end
end
