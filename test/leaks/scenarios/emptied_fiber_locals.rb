# frozen_string_literal: true

# Each object guards itself with a fiber-local of its own name, which is set to nil again. The name
# stays in the symbol table.
require_relative "../scenario"

class Node
  def initialize(number) = @key = "inspecting_#{number}"

  def inspect
    return "…" if Thread.current[@key]

    Thread.current[@key] = true
    "node"
  ensure
    Thread.current[@key] = nil
  end
end

Scenario.clean "the VM alone holds the names", says: "String the symbol table", objspace: true
Scenario.rounds { |round| 5_000.times { |i| Node.new("#{round}_#{i}").inspect } }
