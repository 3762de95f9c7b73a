# frozen_string_literal: true

# Each render adds the same path again, as a new text.
require_relative "../scenario"

module Assets
  PATHS = ["app/assets"] # held here

  def self.render(root) = PATHS << "#{root}/assets"
end

Scenario.leaks "String", holder: "Assets::PATHS", counts: [1, 71, 141], objspace: "Assets"
Scenario.rounds { |_round| 70.times { Assets.render("app") } }
