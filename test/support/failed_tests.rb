# frozen_string_literal: true

require "fileutils"
require "json"
require "minitest"

# Notes which tests have failed, for `rake test:failed`. There is no note if the suite did not come
# to its end.
class FailedTests < Minitest::StatisticsReporter
  NOTE = File.expand_path("../../tmp/failed_tests.json", __dir__)

  def self.forget
    FileUtils.rm_f(NOTE)
  end

  def report
    failed = results.reject(&:skipped?)
    FileUtils.mkdir_p(File.dirname(NOTE))
    File.write(NOTE, JSON.generate(failed.map { |result| entry(result) }))
  end

  private

  def entry(result)
    { file: result.source_location.first, class: result.klass, name: result.name }
  end
end

# Minitest's way to be extended.
module Minitest
  def self.plugin_failed_tests_init(options)
    FailedTests.forget
    reporter << FailedTests.new(options[:io], options)
  end
end
Minitest.extensions << "failed_tests"
