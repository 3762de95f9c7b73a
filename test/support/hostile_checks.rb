# frozen_string_literal: true

require "support/hostile_dumps"

# What tests say of a deed: what must come of each dump.
module HostileChecks
  DOING = { "mark" => "while reading it", "size" => "while reading its size" }.freeze

  private

  def check(deed, ways, &)
    problems = HostileDumps.new(deed, ways, scratch).call(&)
    assert problems.empty?, "#{deed}: #{problems.join("\n  ")}"
  end

  def tells(deed, error, ways)
    check(deed, ways) do |one|
      next ["#{one["name"]}: #{one["ended"]}"] unless one["ended"] == "whole"
      next without_error(one) if error.nil?
      next only_expected(one) if one.dig("options", "format") # which has no such field

      told(one, error) + only_expected(one)
    end
  end

  def without_error(one)
    one["errors"].map { |line| "#{one["name"]}: #{line}" }
  end

  # MRI ends a thread once, and takes memory that is out twice for the end of all.
  def told(one, error)
    texts = [error, *("called exit" if error == "out of memory")]
            .map { |text| "#{text} #{DOING.fetch(one["where"])}" }
    told = one["errors"].filter_map { |line| line["address"] if texts.include?(line["error"]) }
    wrong = one["expected"] - told
    return [] if wrong.empty? || (one["deed"] == "thread_exit" && told.any?)

    ["#{one["name"]}: #{wrong.size} of #{one["expected"].size} objects are not told as " \
     "#{texts.first.inspect}, but as #{one["errors"].map { |line| line["error"] }.uniq}"]
  end

  # No other object has an error, and where only the size failed no edge is lost.
  def only_expected(one)
    others = one["errors"].reject { |line| one["expected"].include?(line["address"]) }
    lost = one["where"] == "size" ? one["errors"].sum { |line| line["lost"] } : 0
    [*("#{one["name"]}: errors at #{others}" if others.any?),
     *("#{one["name"]}: #{lost} edges lost" if lost.positive?)]
  end

  def honest(one)
    return only_expected(one) if one["ended"] == "whole"
    return [] if one["ended"].match?(/\AHeapDump::\w+: /)

    ["#{one["name"]}: #{one["ended"]}"]
  end
end
