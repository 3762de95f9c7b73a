# frozen_string_literal: true

# For tests of the Rails app: left out where HEAPDUMP_TEST_RAILS says so, else insisted on.
module WithRails
  def self.rails?
    require "rails/version"
    true
  rescue LoadError
    false
  end

  def setup
    super
    skip "HEAPDUMP_TEST_RAILS=skip" if ENV["HEAPDUMP_TEST_RAILS"] == "skip"
    flunk "Rails is not in the bundle" unless WithRails.rails?
  end
end
