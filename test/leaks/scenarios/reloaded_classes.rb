# frozen_string_literal: true

# A class is removed and defined again with each reload; a registry keeps those before.
require_relative "../scenario"

module Registry
  CLASSES = [] # held here

  def self.reload(round)
    Object.send(:remove_const, :Widget) if Object.const_defined?(:Widget)
    Object.class_eval("class Widget; def run = #{round}; end", __FILE__, __LINE__)
    CLASSES << Widget
  end
end

Registry.reload(0)

Scenario.leaks "Widget (class, no longer the constant Widget)", holder: "Registry::CLASSES",
               objspace: "Registry"
Scenario.rounds { |round| 12.times { |i| Registry.reload((round * 100) + i) } }
