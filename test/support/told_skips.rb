# frozen_string_literal: true

require "minitest"

# Tells at the end why tests were skipped: what a run has not looked at should be seen.
class ToldSkips < Minitest::StatisticsReporter
  def report
    reasons = results.select(&:skipped?).group_by { |result| result.failure.message }
    reasons.sort.each do |reason, skipped|
      names = skipped.map { |result| "#{result.klass}##{result.name}" }.sort
      more = names.size > 3 ? " and #{names.size - 3} more" : ""
      io.puts "Skipped (#{reason.delete_prefix("SKIPPED: ")}): #{names.first(3).join(", ")}#{more}"
    end
  end
end

# Minitest's way to be extended.
module Minitest
  def self.plugin_told_skips_init(options)
    reporter << ToldSkips.new(options[:io], options)
  end
end
Minitest.extensions << "told_skips"
