# frozen_string_literal: true

# A hook that remembers every subclass.
require_relative "../scenario"

class Base # held here
  @known = []
  class << self
    def inherited(klass)
      super
      Base.instance_variable_get(:@known) << klass
    end
  end
end

Scenario.leaks "Class", holder: ["@known", "Base"]
Scenario.rounds { |_round| 15.times { Class.new(Base) { def call = 1 } } }
