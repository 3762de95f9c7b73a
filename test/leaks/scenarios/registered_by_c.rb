# frozen_string_literal: true

# A list that a variable of a C extension holds, known to Ruby by rb_gc_register_address.
require_relative "../scenario"
require "fiddle"

class Callback
  def initialize(name) = @name = name
end

REGISTER = Fiddle::Function.new(Fiddle::Handle::DEFAULT["rb_gc_register_address"],
                                [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)
VARIABLE = Fiddle.malloc(8)

def list = Fiddle.dlunwrap(Fiddle::Pointer.new(VARIABLE)[0, 8].unpack1("Q"))

Fiddle::Pointer.new(VARIABLE)[0, 8] = [Fiddle.dlwrap([])].pack("Q")
REGISTER.call(VARIABLE)

Scenario.leaks "Callback", holder: "a C extension (rb_gc_register_address"
Scenario.rounds { |round| 70.times { |i| list << Callback.new("callback #{round}.#{i}") } }
