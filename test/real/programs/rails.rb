# frozen_string_literal: true

require "net/http"
require "support/postgres"

module Programs
  # A shop with ActiveRecord and PostgreSQL, served by Puma.
  class Rails < Program
    LEAKS = 200 # requests between dumps that leak

    WANTED = {
      class: "ActiveRecord::ConnectionAdapters::PostgreSQLAdapter",
      summary: [/^live objects/, /ActiveRecord|ActionDispatch/, /^process \(RSS\)/],
      top: [/ActiveRecord|ActionDispatch|Rails/],
      why: [/ActiveRecord/, /^  → /]
    }.freeze

    FORM = { "content-type" => "application/x-www-form-urlencoded" }.freeze

    def self.what
      "Puma, Rails and PostgreSQL"
    end

    def self.unable
      "no PostgreSQL server here (apt-get install postgresql)" unless Postgres.programs
    end

    private

    def session
      Postgres.new("#{@directory}/pg").run do
        serve
        work
      ensure
        stop
      end
    end

    def serve
      @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
      start(RbConfig.ruby, "-S", "puma", "-q", "-t", "4:4", "-b", "tcp://127.0.0.1:#{@port}",
            "#{Child::ROOT}/test/real/apps/shop.ru",
            env: { "DATABASE_URL" => database, "RAILS_ENV" => "production",
                   "RACK_ENV" => "production", "WEB_CONCURRENCY" => nil })
      wait_for("an answer") { answers? }
      Net::HTTP.start("127.0.0.1", @port) { |http| expect_ok(http.get("/orders")) }
    end

    def answers?
      TCPSocket.new("127.0.0.1", @port).close
      true
    rescue SystemCallError
      false
    end

    def database
      "postgresql://test@#{URI.encode_www_form_component("#{@directory}/pg")}/postgres?pool=4"
    end

    def work
      requests(@jobs) { |http, i| visit(http, i) }
      first = dump
      2.times do
        requests(@jobs / 5) { |http, i| visit(http, i) }
        dump
      end
      laws
      questions(first, WANTED)
      silent(@dumps)
      2.times do
        requests(LEAKS) { |http, i| leak(http, i) }
        dump
      end
      accused(@dumps.last(3), /^1\. Report/, /held by\s+.*@reports of Report/)
      expect(ask("why", @dumps.last, "Report", keep: "why-planted"), /@reports/)
    end

    def visit(http, number)
      case number % 10
      when 0 then http.post("/orders", "customer=#{rand(1..50)}", FORM)
      when 1 then http.patch("/orders/#{rand(1..50)}", "state=paid", FORM)
      when 2..4 then http.get("/orders")
      else http.get("/orders/#{rand(1..50)}")
      end
    end

    def leak(http, number)
      http.get("/reports/2026?visitor=#{@leaks = (@leaks || 0) + 1}-#{number}")
    end

    # On four connections, so many in all.
    def requests(count)
      count /= 4
      started = now
      threads = Array.new(4) do
        Thread.new do
          Net::HTTP.start("127.0.0.1", @port, nil, read_timeout: 60) do |http|
            count.times { |i| expect_ok(yield(http, i)) }
          end
        end
      end
      threads.each(&:join)
      puts "  #{4 * count} requests in #{(now - started).round} s"
    end

    def expect_ok(response)
      return if response.code == "200"

      raise Failed, "a request failed: #{response.code} #{response.body[0, 2000]}"
    end
  end
end
