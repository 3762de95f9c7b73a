# frozen_string_literal: true

# A Rails app in one file: all frameworks but a database, eager-loaded, with a few requests
# behind it. Boots in the process that requires it.
require "action_controller/railtie"
require "active_model/railtie"
require "active_record"
require "active_job/railtie"
require "action_view/railtie"
require "logger"
require "rack/mock"

# The app whose heap is dumped.
module RailsApp
  class Application < Rails::Application
    config.root = Dir.pwd
    config.eager_load = true
    config.consider_all_requests_local = true
    config.secret_key_base = "0" * 64
    config.logger = Logger.new(File::NULL)
    config.hosts.clear if config.respond_to?(:hosts)
    routes.append do
      get "/sessions/:id" => "rails_app/sessions#show"
      get "/broken" => "rails_app/sessions#broken"
      post "/sessions" => "rails_app/sessions#create"
    end
  end

  # A model without a table.
  class Session
    include ActiveModel::Model
    include ActiveModel::Attributes

    attribute :id, :integer
    attribute :name, :string, default: "nobody"
    validates :name, presence: true
  end

  class SessionsController < ActionController::Base
    LEAK = [] # rubocop:disable Style/MutableConstant
    before_action :remember, only: :show
    rescue_from(ArgumentError) { |error| render plain: error.message, status: :bad_request }

    def show
      render json: { id: @session.id, name: @session.name }
    end

    def create
      session = Session.new(name: params[:name])
      render plain: session.valid? ? "ok" : session.errors.full_messages.join
    end

    def broken
      raise ArgumentError, "broken as planned"
    end

    private

    def remember
      @session = Session.new(id: params[:id], name: "user #{params[:id]}")
      LEAK << ->(payload) { [@session, payload] }
    end
  end

  def self.boot
    Application.initialize!
    ActiveRecord.eager_load!
    browser = Rack::MockRequest.new(Application)
    10.times { |i| expect(browser.get("/sessions/#{i}"), 200) }
    expect(browser.post("/sessions", params: { name: "" }), 200, 403, 422)
    expect(browser.get("/broken"), 400)
  end

  def self.expect(response, *statuses)
    return if statuses.include?(response.status)

    raise "status #{response.status}: #{response.body[0, 2000]}"
  end
end
