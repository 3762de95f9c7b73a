# frozen_string_literal: true

# Symbols made from data that nobody keeps.
require_relative "../scenario"

Scenario.clean "dynamic symbols are collected"
Scenario.rounds { |round| 500.times { |i| "sym_#{round}_#{i}".to_sym.size } }
