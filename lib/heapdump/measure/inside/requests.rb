# frozen_string_literal: true

require_relative "../../../heapdump"

module HeapDump
  module Measure
    module Inside # :nodoc:
      class << self
        # What a request allocates and leaves behind: the HeapDump::BlockReport in its forms.
        def report(job)
          requests = Requests.new(job)
          requests.warm_up
          envs = requests.envs(job[:count])
          report = HeapDump.report(label: job[:label], times: job[:count]) do
            requests.send_one(envs.pop)
          end
          { text: report.to_s, json: report.to_json,
            html: (report.to_html if job[:html]) }
        end

        # Dumps with requests between them.
        def growth(job)
          requests = Requests.new(job)
          requests.warm_up
          seconds = 0.0
          job[:dumps].each_with_index do |path, number|
            seconds += requests.send_all(job[:count]) if number.positive?
            HeapDump.dump(path, strings: :none)
          end
          { seconds: seconds }
        end
      end

      # The stream that a body writes to which is called.
      class Nowhere
        def write(*texts) = texts.sum { |text| text.to_s.bytesize }
        def <<(_text) = self
        def read(length = nil, _buffer = nil) = length ? nil : +""
        def flush = self
        def close = @closed = true
        def close_read = nil
        def close_write = nil
        def closed? = @closed || false
      end

      # Sends requests to the application, as a server would, and looks at the answers.
      class Requests
        # Where the application is asked. A server in front of it has ended TLS, so one that wants
        # TLS alone does not redirect.
        HOST = "https://localhost"
        private_constant :HOST

        def initialize(job)
          @job = job
          @app = Application.load(job[:entry])
          require "rack"
        end

        def warm_up
          send_all(@job[:warmup])
        end

        # Sends so many. Returns the seconds that took.
        def send_all(number)
          start = now
          number.times { send_one(env) }
          now - start
        end

        # What so many requests get, so that nothing of this is allocated later.
        def envs(number)
          Array.new(number) { env }
        end

        # Raises Stop unless the answer is as it should be.
        def send_one(env)
          status, headers, body = call(env)
          check(status.to_i, headers, env)
          nil
        ensure
          body.close if body.respond_to?(:close)
        end

        private

        def call(env)
          answer = @app.call(env)
          raise TypeError, "#{answer.class} is no answer" unless answer.respond_to?(:to_ary)

          answer.to_ary.tap { |_status, _headers, body| read(body) }
        rescue Exception => e # rubocop:disable Lint/RescueException -- also of exit
          raise Stop, { failed: :raised, **Stop.words(e) }
        end

        # A body of Rack 3 may have to be called, with where it is to be written.
        def read(body)
          if body.respond_to?(:each) then body.each { |piece| piece }
          elsif body.respond_to?(:call) then body.call(Nowhere.new)
          end
        end

        def check(status, headers, env)
          return if @job[:status] ? status == @job[:status] : (200..299).cover?(status)

          error = env["action_dispatch.exception"] || env["sinatra.error"]
          raise Stop, { failed: :status, status: status, location: location(headers),
                        **(error ? Stop.words(error) : {}) }
        end

        def location(headers)
          headers.find { |name, _| name.to_s.casecmp?("location") }&.last&.to_s
        end

        def env
          ::Rack::MockRequest.env_for("#{HOST}#{@job[:path]}", method: @job[:method],
                                                               input: @job[:body], **@job[:headers])
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
