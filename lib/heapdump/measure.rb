# frozen_string_literal: true

require_relative "errors"

module HeapDump
  # What `heapdump measure` does: it runs a Rack or Rails application in a process of its own, and
  # says what its requires cost, what a request allocates, and what grows over many requests.
  #
  #   app = Measure::App.new("/srv/shop")
  #   Measure::Requires.of(app, boots: 3).gems.first.file # => "rails-7.2.4"
  #
  # What runs beside the application is in measure/inside. It loads as little as it can, because
  # what it has loaded before costs the application nothing.
  module Measure # :nodoc:
    autoload :App, "#{__dir__}/measure/app"
    autoload :Child, "#{__dir__}/measure/child"
    autoload :Requires, "#{__dir__}/measure/requires"
    autoload :Trouble, "#{__dir__}/measure/trouble"

    # The application cannot be measured; the message says why, #output has the last lines that it
    # has printed (Array of String).
    class Failed < Error
      attr_reader :output

      def initialize(message, output = [])
        super(message)
        @output = output
      end
    end
  end
end
