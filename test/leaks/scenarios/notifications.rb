# frozen_string_literal: true

# ActiveSupport::Notifications: a subscription per request, never taken back.
require "active_support"
require "active_support/notifications"
require_relative "../scenario"

class Page
  def initialize(path) = @path = path
end

def show(path)
  page = Page.new(path)
  ActiveSupport::Notifications.subscribe("render.app") { |*| page }
end

Scenario.leaks "Page", "ActiveSupport::Notifications::Fanout::Subscribers::Timed", "Proc",
               "ActiveSupport::Notifications::Fanout::Subscribers::EventObject",
               holder: "ActiveSupport::Notifications"
Scenario.rounds { |round| 45.times { |i| show("/#{round}/#{i}") } }
