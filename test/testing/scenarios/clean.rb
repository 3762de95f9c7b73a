# frozen_string_literal: true

# Nothing leaks here, though it may look so.
require_relative "scenario"
require "singleton"
require "timeout"
require "weakref"

module Clean
  autoload :Late, "#{__dir__}/late"
  POOL = []
  CACHE = {}
  RECENT = {}
  QUEUE = Queue.new
  WEAK = ObjectSpace::WeakMap.new
  SUBSCRIBERS = []
  BUFFER = +""
  IN_FLIGHT = []

  class << self
    def number = @number = (@number || 0) + 1

    def price(item) = (@prices ||= {})[item] ||= Session.new

    def settings = @settings ||= { a: Session.new }

    def lazy
      define_singleton_method(:lazily_defined) { 1 } unless respond_to?(:lazily_defined)
      lazily_defined
    end

    def borrow
      session = POOL.pop || Session.new
      yield session
    ensure
      POOL << session
    end

    # A second connection is made on the third run, and a third one never.
    def second_connection
      @runs = (@runs || 0) + 1
      (@connections ||= []) << Session.new if [1, 3].include?(@runs)
    end
  end

  class One
    include Singleton

    attr_accessor :last
  end
end

class Scenario
  scenario(:memoised) { -> { Clean.settings } }
  scenario(:memoised_by_known_keys) { -> { 10.times { |item| Clean.price(item) } } }
  scenario(:autoload) { -> { Clean::Late.new } }
  scenario(:first_use_of_a_library) { -> { (require "ostruct") || OpenStruct.new(a: 1) } }
  scenario(:methods_at_first_use) { -> { Clean.lazy } }
  scenario(:pool) { -> { 3.times { Clean.borrow { |session| session } } } }
  scenario(:pool_that_grows_once, warmup: 1) { -> { Clean.second_connection } }
  scenario(:symbols_from_data) { -> { 100.times { :"name_#{Clean.number}" } } }
  scenario(:finalizers) do
    -> { 10.times { ObjectSpace.define_finalizer(Object.new, proc {}) } }
  end
  scenario(:cache_of_a_fixed_size, warmup: 5) do
    lambda do
      Clean::RECENT[Clean.number] = Session.new
      Clean::RECENT.shift while Clean::RECENT.size > 5
    end
  end
  scenario(:queue) do
    lambda do
      10.times { Clean::QUEUE << Session.new }
      Clean::QUEUE.pop until Clean::QUEUE.empty?
    end
  end
  scenario(:threads_that_end) { -> { 3.times.map { Thread.new { Session.new } }.each(&:join) } }
  scenario(:fibers_that_end) { -> { Fiber.new { Fiber.yield(Session.new) }.tap(&:resume).resume } }
  scenario(:exceptions) do
    lambda do
      raise "no #{Clean.number}"
    rescue RuntimeError => e
      e.backtrace
    end
  end
  scenario(:weak_map) { -> { 10.times { |key| Clean::WEAK[Object.new] = Session.new(key.to_s) } } }
  scenario(:weak_ref) { -> { WeakRef.new(Session.new) } }
  scenario(:up_and_down) do
    lambda do
      Clean::IN_FLIGHT.clear if Clean::IN_FLIGHT.size > 2
      Clean::IN_FLIGHT << Session.new
    end
  end
  scenario(:buffer) do
    lambda do
      100.times { Clean::BUFFER << "line\n" }
      Clean::BUFFER.clear
    end
  end
  scenario(:singletons_of_garbage) do
    -> { Object.new.tap { |object| object.define_singleton_method(:name) { "x" } }.name }
  end
  scenario(:anonymous_classes) { -> { Class.new { def call = 1 }.new.call } }
  scenario(:code_made_anew) { -> { eval("proc { #{Clean.number} + 1 }").call } } # rubocop:disable Security/Eval
  scenario(:timeouts) { -> { Timeout.timeout(60) { Session.new } } }
  scenario(:thread_local_that_is_replaced) { -> { Thread.current[:last] = Session.new } }
  scenario(:subscriber_that_leaves) do
    lambda do
      session = Session.new
      Clean::SUBSCRIBERS << (listener = -> { session })
      Clean::SUBSCRIBERS.delete(listener)
    end
  end
  scenario(:singleton) { -> { Clean::One.instance.last = Session.new } }
  scenario(:other_tests_list, of: "Clean::One") do
    many = []
    -> { many << Session.new }
  end
  scenario(:ignored_holder, ignore: { "Clean::QUEUE" => "it is emptied at night" }) do
    -> { Clean::QUEUE << Session.new }
  end
  scenario(:few_enough, at_most: 4, bytes: 10_000) do
    many = []
    -> { many << Session.new }
  end
end

Scenario.run_all
