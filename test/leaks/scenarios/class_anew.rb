# frozen_string_literal: true

# A class is defined anew in each round, and the one before dies.
require_relative "../scenario"

module Plugins
  def self.load(round)
    remove_const(:Current) if const_defined?(:Current, false)
    code = Class.new do
      attr_accessor :name, :options

      20.times { |i| define_method("step_#{i}") { "step #{i} of #{round}" } }
      def run(text) = [text, name, options].map(&:to_s)
    end
    const_set(:Current, code)
    plugin = code.new
    200.times { |i| plugin.run("text #{i}") }
  end
end

Scenario.clean "the old class dies", dumps: 4
Scenario.rounds { |round| Plugins.load(round) }
