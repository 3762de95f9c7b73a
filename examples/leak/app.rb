# frozen_string_literal: true

# A small shop that leaks, to be dumped by bin/demo.
#
#   POST /visits   a visitor comes with a cart: {"visitor":"…","cart":[…]}
#   GET  /counts   what is in the heap of the worker that answers, as HeapDump.counts tells it
#
# An application that others can reach has to guard the second.

require "heapdump"
require "json"
require "rack"

module Shop
  # Tells subscribers what has happened.
  module EventBus
    SUBSCRIBERS = { price_changed: [], sold_out: [] }.freeze

    def self.subscribe(event, &block)
      SUBSCRIBERS.fetch(event) << block
    end

    def self.publish(event, *details)
      SUBSCRIBERS.fetch(event).each { |subscriber| subscriber.call(*details) }
    end
  end

  # One visit. The application means to forget it when the response is sent.
  class Session
    attr_reader :total

    def initialize(visitor, cart)
      @visitor = visitor
      @cart = cart
      @total = cart.sum { |item| item.fetch(:price) }
    end

    def reprice(name, price)
      @cart.each { |item| item[:price] = price if item[:name] == name }
      @total = @cart.sum { |item| item.fetch(:price) }
    end
  end

  # What Puma calls.
  class App
    def call(env)
      request = Rack::Request.new(env)
      case [request.request_method, request.path_info]
      when ["POST", "/visits"] then answer(201, visit(request))
      when ["GET", "/counts"] then answer(200, counts)
      else answer(404, error: "no such page")
      end
    end

    private

    def visit(request)
      payload = JSON.parse(request.body.read, symbolize_names: true)
      session = Session.new(payload[:visitor], payload[:cart])
      # The leak: nobody ever unsubscribes, and the block keeps every variable of this method.
      EventBus.subscribe(:price_changed) { |name, price| session.reprice(name, price) }
      { total: session.total }
    end

    def counts
      { pid: Process.pid }.merge(HeapDump.counts([Shop], gc: true))
    end

    def answer(status, content)
      [status, { "content-type" => "application/json" }, [JSON.generate(content)]]
    end
  end
end
