# frozen_string_literal: true

# Each of these leaks, and the words after its name have to be in the message.
require_relative "scenario"
require "set"

module Leaky
  LIST = []
  CACHE = {}
  NUMBERS = []
  SET = Set.new
  BUS = { sold: [], changed: [] }
  Entry = Struct.new(:items)
  ENTRY = Entry.new([])
  @@all = []

  class << self
    attr_accessor :last, :log

    def all = @@all

    def number = @number = (@number || 0) + 1
  end
  self.log = +""

  class Memo
    def price(item) = (@prices ||= {})[item] ||= Session.new
  end
  MEMO = Memo.new
  Link = Struct.new(:before, :session)
end

class Scenario
  scenario(:constant,
           "Session grows: 1 → 3 → 5 objects, 2 more in each round of 2 runs of the block",
           "Leaky (module)", "→ constant LIST → Array of 5",
           "    ~~~~~~~~~~~~~ grows: 1 → 3 → 5 entries",
           "held by   constant Leaky::LIST", "signature ", "look: heapdump ui ", dumps: 3) do
    -> { Leaky::LIST << Session.new }
  end
  scenario(:text_keys, "Session grows: 1 → 3", "constant CACHE → Hash of 3") do
    -> { Leaky::CACHE["visitor #{Leaky.number}"] = Session.new }
  end
  scenario(:class_variable, "Session grows", "→ @@all → Array of 3", "~~~~~ grows") do
    -> { Leaky.all << Session.new }
  end
  scenario(:list, "Leaky::Link grows: 0 → 2 → 4", "→ @last → Leaky::Link", "with it   Session",
           "held by each other, as the elements of a list", dumps: 3) do
    -> { Leaky.last = Leaky::Link.new(Leaky.last, Session.new) }
  end
  scenario(:global_variable, "Session grows", "global variables", "→ $sessions → Array of 3",
           "held by   global variable $sessions") do
    $sessions = []
    -> { $sessions << Session.new }
  end
  scenario(:subscribers, "Session grows: 1 → 3 → 5", "→ [:changed] → Array of 5",
           "    ~~~~~~~~~~ grows: 1 → 3 → 5 entries", "→ captured session → Session",
           "with it   Proc", dumps: 3) do
    lambda do
      session = Session.new
      Leaky::BUS[:changed] << -> { session }
    end
  end
  scenario(:thread_local, "Session grows", "fiber-local seen (Thread.current[:seen]) of main thread") do
    Thread.current[:seen] = []
    -> { Thread.current[:seen] << Session.new }
  end
  scenario(:thread_variable, "Session grows", "thread variable") do
    Thread.current.thread_variable_set(:seen, [])
    -> { Thread.current.thread_variable_get(:seen) << Session.new }
  end
  scenario(:numbers, "Array grows: 1 → 3 entries", "constant NUMBERS → Array of 3") do
    -> { Leaky::NUMBERS << 1 }
  end
  scenario(:text_that_grows, "String grows: 5 → 15 bytes", "→ @log → String of 15 B") do
    -> { Leaky.log << "line\n" }
  end
  scenario(:constants_from_data, "Session grows", "constant Leaky::Made…") do
    -> { Leaky.const_set("Made#{Leaky.number}", Session.new) }
  end
  scenario(:methods_from_data, "method grows", "methods of Session") do
    lambda do
      name = "from_data_#{Leaky.number}"
      Session.define_method(name) { name }
    end
  end
  scenario(:variables_from_data, "names") do
    -> { Leaky::MEMO.instance_variable_set("@flag_#{Leaky.number}", 1) }
  end
  scenario(:at_exit_blocks, "at_exit") do
    lambda do
      session = Session.new
      at_exit { session && nil }
    end
  end
  scenario(:finalizer_that_keeps, "Session grows", "finalizer") do
    lambda do
      session = Session.new
      ObjectSpace.define_finalizer(session, proc { session && nil })
    end
  end
  scenario(:threads, "Thread grows: 2 → 4", "held by   the list of living threads") do
    lambda do
      thread = Thread.new { sleep }
      Thread.pass until thread.status == "sleep"
    end
  end
  scenario(:memo_by_argument, "Session grows", "→ constant MEMO → Leaky::Memo",
           "→ @prices → Hash of 3", "  ~~~~~~~ grows") do
    -> { Leaky::MEMO.price(Leaky.number) }
  end
  scenario(:variable_of_test, "Session grows: 1 → 3", "@mine of Scenario") do
    @mine = []
    -> { @mine << Session.new }
  end
  scenario(:local_of_test, "Session grows: 1 → 3", "variable mine captured") do
    mine = []
    -> { mine << Session.new }
  end
  scenario(:set, "Session grows", "constant SET → Set", "  ~~~") do
    -> { Leaky::SET << Session.new }
  end
  scenario(:member, "Session grows", "→ .items → Array of 3", "~~~~~~ grows") do
    -> { Leaky::ENTRY.items << Session.new }
  end
  scenario(:more_than_it_may, "The heap grows by 2 objects, expected: at most 1 objects.",
           "Session grows", at_most: 1) do
    many = []
    -> { many << Session.new }
  end
  scenario(:bytes, "bytes, expected: at most 100 bytes.", bytes: 100) do
    many = []
    -> { many << ("x" * 200) }
  end
  scenario(:of_a_class, "Session grows", of: Session) do
    many = []
    -> { many << Session.new << "text" }
  end
end

Scenario.run_all
exit! # neither the blocks of at_exit nor the threads
