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
      # A client may invent others, and each would be a name of its own.
      METHODS = %w[GET HEAD POST PUT PATCH DELETE OPTIONS].freeze
      OTHER = "other"
      private_constant :ROUTE, :PARAMETERS, :METHODS, :OTHER

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
        controller = parameters[:controller] if parameters.is_a?(Hash)
        return "#{controller}##{parameters[:action]}" if controller

        method = env["REQUEST_METHOD"]
        env[ROUTE] || (METHODS.include?(method) ? method : OTHER)
      rescue EncodingError
        OTHER # names that cannot be joined
      end
    end
  end
end
