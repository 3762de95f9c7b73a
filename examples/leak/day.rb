# frozen_string_literal: true

# A worker of the shop that is watched and dumped after each so many requests, for bin/demo trends.
# It leaks as app.rb does. Besides, it has a cache of prices that fills up, and carts in flight,
# which come and go.

require_relative "app"
require "rack/mock"

DIR, REQUESTS, DUMPS = ARGV[0], *ARGV[1, 2].map { |text| Integer(text) }

module Shop
  # At most 400 prices, which are asked for by chance.
  module Prices
    KNOWN = {} # rubocop:disable Style/MutableConstant -- it is a cache
    Price = Struct.new(:cents)

    def self.of(item)
      KNOWN[item] ||= Price.new(item * 100)
    end
  end

  # What a visitor has not paid yet.
  Cart = Struct.new(:items)
end

random = Random.new(1)
carts = []
app = HeapDump::Rack::Count.new(Shop::App.new)
watch = HeapDump.watch(to: DIR, every: 1, settle: 0, cooldown: 0, at_most: DUMPS) do |on|
  on.every requests: REQUESTS
end

number = 0
while watch.stats[:dumps] < DUMPS
  number += 1
  payload = { visitor: "visitor #{number}", cart: [{ name: "tea", price: 3 }] }
  app.call(Rack::MockRequest.env_for("/visits", method: "POST", input: JSON.generate(payload)))
  Shop::Prices.of(random.rand(400)) if (number % 3).zero?
  carts.shift(carts.size / 2) if carts.size > 40 + random.rand(200)
  carts << Shop::Cart.new([number])
  sleep 0.002
end
watch.stop
