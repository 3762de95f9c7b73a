# frozen_string_literal: true

# A view is compiled for each request, as a method with a name of its own.
require_relative "../scenario"

class View
  def self.render(number)
    name = "_view_#{number}"
    class_eval("def #{name} = \"<p>#{number}</p>\" + Time.now.to_s", "view.erb", 1)
    new.public_send(name)
  end
end

Scenario.leaks "method", holder: "methods of View", suspects: 1, objspace: "View"
Scenario.rounds { |round| 60.times { |i| View.render("#{round}_#{i}") } }
