# frozen_string_literal: true

# Large objects with a method of their own: before Ruby 3.3 each call in the source remembers the
# method that it called last, and by it the object.
require_relative "../scenario"

class Page
  def initialize(number) = @text = ("x" * 200_000) + number.to_s
end

module Sites
  45.times do |i|
    module_eval("def self.go_#{i}(page) = page.render", "app.rb", 12 + i)
  end

  def self.visit(number)
    page = Page.new(number)
    page.define_singleton_method(:render) { "page" }
    public_send("go_#{number}", page)
  end
end

if RUBY_VERSION < "3.3"
  Scenario.leaks "Page", "Class", holder: ["call cache of app.rb:", "(render)"],
                                  reason: "only caches of calls hold it", objspace: "call cache"
else
  Scenario.clean "the calls do not hold the methods"
end
Scenario.rounds { |round| 15.times { |i| Sites.visit(((round - 1) * 15) + i) } }
