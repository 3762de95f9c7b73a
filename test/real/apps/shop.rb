# frozen_string_literal: true

# A Rails app as there are many: models in PostgreSQL (DATABASE_URL), JSON and HTML, a job, a cache.

require "action_controller/railtie"
require "action_view/railtie"
require "active_job/railtie"
require "active_record/railtie"
require "logger"

ENV["RAILS_ENV"] = "production"

class ShopApplication < Rails::Application
  config.root = Dir.pwd
  config.eager_load = true
  config.secret_key_base = "0" * 64
  config.logger = Logger.new($stderr)
  config.log_level = :fatal
  config.cache_store = :memory_store, { size: 1 << 20 }
  config.active_job.queue_adapter = :inline
  config.consider_all_requests_local = false
  config.hosts.clear
  routes.append do
    resources :orders, only: %i[index show create update]
    get "/reports/:year" => "reports#show"
  end
end

ShopApplication.initialize!

class ApplicationRecord < ActiveRecord::Base
  self.abstract_class = true
end

class Customer < ApplicationRecord
  has_many :orders
  validates :name, presence: true
end

class Order < ApplicationRecord
  belongs_to :customer
  has_many :lines, dependent: :destroy
  enum :state, { placed: 0, paid: 1, sent: 2 }
  scope :recent, -> { order(id: :desc).limit(20) }
end

class Line < ApplicationRecord
  belongs_to :order
end

# What the leak is: a report for every set of arguments, kept for good.
class Report
  class << self
    def of(year, visitor)
      @reports ||= {}
      @reports[[year, visitor]] ||= new(Order.includes(:lines).recent.to_a)
    end
  end

  attr_reader :orders

  def initialize(orders)
    @orders = orders
  end

  def total
    orders.sum { |order| order.lines.sum(&:price) }
  end
end

class ReceiptJob < ActiveJob::Base
  def perform(order)
    Rails.cache.write("receipt #{order.id % 50}", "Receipt for #{order.customer.name}")
  end
end

class OrdersController < ActionController::Base
  skip_forgery_protection
  prepend_view_path File.expand_path("views", __dir__)

  def index
    @orders = Order.includes(:customer, :lines).recent
  end

  def show
    order = Order.find(params[:id])
    render json: order.as_json(include: %i[customer lines])
  end

  def create
    order = Order.create!(customer: Customer.find(params[:customer]), state: :placed)
    order.lines.create!(Array.new(3) { |i| { name: "thing #{i}", price: i } })
    ReceiptJob.perform_later(order)
    render json: order
  end

  def update
    order = Order.find(params[:id])
    order.update!(state: params[:state])
    render json: order
  end
end

class ReportsController < ActionController::Base
  def show
    report = Report.of(params[:year], params[:visitor])
    render plain: "#{report.total}\n"
  end
end
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:customers) { |t| t.string :name }
  create_table(:orders) do |t|
    t.references :customer
    t.integer :state
    t.timestamps
  end
  create_table(:lines) do |t|
    t.references :order
    t.string :name
    t.integer :price
  end
end
Array.new(50) { |i| Customer.create!(name: "Customer #{i}") }.each do |customer|
  order = Order.create!(customer: customer, state: :placed)
  order.lines.create!(name: "first", price: 1)
end
