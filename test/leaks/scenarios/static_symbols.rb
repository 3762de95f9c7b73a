# frozen_string_literal: true

# Code with new names each time: the symbols in it are never freed, and nothing of the program holds
# them.
require_relative "../scenario"

Scenario.clean "the VM alone holds the names", says: "String the symbol table", objspace: true
Scenario.rounds { |round| 5_000.times { |i| eval(":status_#{round}_#{i}") } }
