# frozen_string_literal: true

# Some tests have a long form, which repeats more of the same: with HEAPDUMP_TEST_LONG=1, as
# `rake test:long` sets it. The suite runs the quick form of the same test, which proves every kind
# of thing once.
module LongForm
  ON = ENV["HEAPDUMP_TEST_LONG"] == "1"

  # One of two values.
  def self.or_quick(long, quick)
    ON ? long : quick
  end
end
