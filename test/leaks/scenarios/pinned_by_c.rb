# frozen_string_literal: true

# What a C extension does that keeps each object by rb_gc_register_mark_object.
require_relative "../scenario"
require "fiddle"

class Handle
  def initialize(name) = @name = name
end

PIN = Fiddle::Function.new(Fiddle::Handle::DEFAULT["rb_gc_register_mark_object"],
                           [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)

def pin(object) = PIN.call(Fiddle.dlwrap(object))

Scenario.leaks "Handle", holder: "a C extension (rb_gc_register_mark_object)"
Scenario.rounds { |round| 70.times { |i| pin(Handle.new("handle #{round}.#{i}")) } }
