# frozen_string_literal: true

# Fails, because the shop leaks:
#
#   HEAPDUMP_TESTS=1 ruby -Ilib examples/leak/visit_test.rb

require "minitest/autorun"
require "heapdump/minitest"
require "rack/mock"
require_relative "app"

class VisitTest < Minitest::Test
  include HeapDump::Minitest

  def test_the_shop_forgets_its_visitors
    app = Shop::App.new
    visit = JSON.generate(visitor: "Ann", cart: [{ name: "tea", price: 3 }])

    refute_growth(of: Shop::Session) do
      app.call(Rack::MockRequest.env_for("/visits", method: "POST", input: visit))
    end
  end
end
