# frozen_string_literal: true

# A logger that keeps the request of every tagged line.
require_relative "../scenario"

class Request
  def initialize(path)
    @path = path
    @headers = { "host" => "example", "cookie" => "c" * 50 }
    @params = { id: path.size, name: [path] }
  end
end

class TaggedLogger
  def initialize = @tags = []

  def tagged(request)
    @tags.push(request)
    yield # never pops
  end
end

module Rails
  def self.logger = @logger ||= TaggedLogger.new
end

Scenario.leaks "Request", holder: ["@tags", "TaggedLogger", "@logger"]
Scenario.rounds { |round|
  55.times { |i|
    Rails.logger.tagged(Request.new("/#{round}/#{i}")) {
      i
    }
  }
}
