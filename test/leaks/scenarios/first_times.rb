# frozen_string_literal: true

# Everything happens for the first time once.
require "json"; require "time"; require "erb"
require_relative "../scenario"

Scenario.clean "warming up", dumps: 5
Scenario.rounds do |round|
  case round
  when 1 then JSON.parse('{"a":[1,2]}'); "é".encode("UTF-16"); Time.parse("2020-01-01")
  when 2 then format("%05.2f", 1.5); "abc".tr("a-c", "x"); ERB.new("<%= 1 %>").result
  when 3 then Integer("12"); "x".unpack1("H*"); Time.now.strftime("%F"); [3, 1].sort_by(&:itself)
  else "a,b".split(","); Comparable.instance_methods; "X".downcase.to_sym; catch(:a) { throw :a }
  end
end
