# frozen_string_literal: true

require_relative "work"

module HeapDump
  # Middleware for Rack.
  module Rack
    # Counts requests by their route, after they were answered. It knows the routes of Rails and
    # Sinatra; other requests are counted by their method alone, because a path may have a secret.
    #
    #   use HeapDump::Rack::Count
    class Count
      ROUTE = "sinatra.route"
      PARAMETERS = "action_dispatch.request.path_parameters"
      private_constant :ROUTE, :PARAMETERS

      # +app+ is the next application.
      def initialize(app)
        @app = app
      end

      # Calls the application, and returns what it returns.
      def call(env)
        @app.call(env)
      ensure
        Work.count(:requests, route(env))
      end

      private

      def route(env)
        parameters = env[PARAMETERS]
        controller = parameters[:controller] if parameters
        return "#{controller}##{parameters[:action]}" if controller

        env[ROUTE] || env["REQUEST_METHOD"].to_s
      end
    end
  end
end
