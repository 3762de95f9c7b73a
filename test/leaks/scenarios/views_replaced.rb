# frozen_string_literal: true

# A view is compiled for each request, as a method that replaces the one before.
require_relative "../scenario"

class View
  def self.render(number)
    remove_method(:_view) if method_defined?(:_view, false)
    class_eval("def _view = \"<p>#{number}</p>\" + Time.now.to_s", "view.erb", 1)
    new._view
  end
end

Scenario.clean "each method replaces the one before", dumps: 4, objspace: true
Scenario.rounds { |round| 60.times { |i| View.render("#{round}_#{i}") } }
