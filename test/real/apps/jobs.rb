# frozen_string_literal: true

# Jobs as there are many: they parse, compute, keep a little, and sometimes fail.

require "json"
require "sidekiq"
require "sidekiq/api"

Sidekiq.configure_server { |config| config.logger.level = Logger::WARN }
Sidekiq.default_job_options = { "retry" => 3 }

# The last hundred.
class Recent
  @messages = []
  @lock = Mutex.new

  def self.add(message)
    @lock.synchronize do
      @messages << message
      @messages.shift while @messages.size > 100
    end
  end
end

class MailJob
  include Sidekiq::Job

  def perform(customer, order)
    text = JSON.generate("customer" => customer, "order" => order, "lines" => order["lines"] * 3)
    Recent.add("#{customer}: #{JSON.parse(text)["lines"].size}")
    raise ArgumentError, "no such customer" if order["id"] % 1000 == 999 && !order["again"]
  end
end

# What the leak is: every job leaves what it was about.
module Breadcrumbs
  TRAIL = [] # rubocop:disable Style/MutableConstant
end

class TrackedJob
  include Sidekiq::Job

  def perform(customer, order)
    Breadcrumbs::TRAIL << { job: self, at: Time.now, data: [customer, order] }
  end
end
