# frozen_string_literal: true

# Fails, because the shop leaks:
#
#   HEAPDUMP_TESTS=1 rspec -Ilib examples/leak/visit_spec.rb

require "heapdump/rspec"
require "rack/mock"
require_relative "app"

RSpec.describe Shop do
  let(:app) { Shop::App.new }
  let(:visit) { JSON.generate(visitor: "Ann", cart: [{ name: "tea", price: 3 }]) }

  it "lets its visitors go" do
    expect do
      app.call(Rack::MockRequest.env_for("/visits", method: "POST", input: visit))
    end.to release(Shop::Session)
  end

  it "forgets its visitors" do
    expect do
      app.call(Rack::MockRequest.env_for("/visits", method: "POST", input: visit))
    end.not_to grow_heap.of(Shop::Session).loops(10).times(3)
  end
end
