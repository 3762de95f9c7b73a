# frozen_string_literal: true

# Each render adds the same object again.
require_relative "../scenario"

class Helper; end

module Views # held here
  HELPER = Helper.new
  @helpers = []

  def self.render = @helpers << HELPER
end

Scenario.leaks "Array", holder: "@helpers of Views", counts: [0, 70, 140], objspace: "Views"
Scenario.rounds { |_round| 70.times { Views.render } }
