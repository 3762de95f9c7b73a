# frozen_string_literal: true

require "heapdump/web"
require "json"
require "rack"
require "rack/lint"
require "support/child"

# Asks a HeapDump::Web without a server, as its page would; Rack::Lint looks at all that is said.
class WebClient
  HOST = "localhost:9292"
  TOKEN = "0123456789abcdef" * 4

  Answer = Struct.new(:status, :headers, :body) do
    def json
      JSON.parse(body)
    end

    def code
      json.dig("error", "code")
    end

    def message
      json.dig("error", "message")
    end
  end

  attr_reader :web

  def initialize(dumps, **options, &authenticate)
    options = { token: TOKEN, **options } unless authenticate
    @web = HeapDump::Web.new(dumps: dumps, hosts: [HOST], **options, &authenticate)
  end

  # The answer to a request for a path, with other fields of the environment than the page's.
  # +lint+ is false for what no server would pass on.
  def get(path, method: "GET", lint: true, **env)
    path, query = path.split("?", 2) # which may be no URI
    defaults = { "HTTP_HOST" => HOST, "HTTP_X_HEAPDUMP_TOKEN" => TOKEN, "rack.errors" => errors,
                 "QUERY_STRING" => query.to_s }
    env = Rack::MockRequest.env_for("http://#{HOST}#{path}", method: method).merge(defaults)
                           .merge(env.transform_keys(&:to_s)).compact
    status, headers, body = (lint ? Rack::Lint.new(@web) : @web).call(env)
    text = +""
    body.each { |part| text << part }
    body.close if body.respond_to?(:close)
    Answer.new(status, headers, text)
  end

  # What was written for whoever runs the server.
  def errors
    @errors ||= StringIO.new
  end

  # The answer to a question, once the dump is open and the job done.
  def ask(question, **given)
    query = given.compact.map { |name, value| "#{name}=#{Rack::Utils.escape(value.to_s)}" }
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + (30 * Child::PATIENCE)
    loop do
      answer = get("/api/v1/#{question}?#{query.join("&")}")
      return answer unless [202, 503].include?(answer.status)
      raise answer.body if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.01
    end
  end

  # What the answer says, which has to be there.
  def ask!(question, **given)
    answer = ask(question, **given)
    raise "#{question} #{given}: #{answer.body}\n#{errors.string}" unless answer.status == 200

    answer.json
  end

  # The ids of all dumps.
  def ids
    ask!("dumps")["items"].map { |item| item["id"] }
  end
end
