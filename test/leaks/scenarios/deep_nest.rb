# frozen_string_literal: true

# The list lies deep: application, services, one of them, its journal, its pages.
require_relative "../scenario"

class Journal
  def initialize = @pages = { "today" => [] }
  def write(entry) = @pages["today"] << entry
end

class Billing
  attr_reader :journal

  def initialize = @journal = Journal.new
end

class Services
  attr_reader :billing

  def initialize = @billing = Billing.new
end

class Entry
  def initialize(text) = @text = text
end

class Application
  attr_reader :services

  def initialize = @services = Services.new
end

APP = Application.new # held here

Scenario.leaks "Entry", holder: ["@pages", "Journal", "APP"]
Scenario.rounds { |round|
  95.times { |i|
    APP.services.billing.journal.write(Entry.new("#{round}.#{i}"))
  }
}
