# frozen_string_literal: true

require "support/redis"

module Programs
  # The server of Sidekiq, with five threads, and Redis.
  class Sidekiq < Program
    LEAKS = 500 # jobs between dumps that leak

    WANTED = {
      class: "Sidekiq::Processor",
      summary: [/^live objects/, /^process \(RSS\)/],
      top: [/Sidekiq/],
      why: [/Sidekiq/, /^  → /]
    }.freeze

    def self.what
      "Sidekiq and Redis"
    end

    def self.unable
      "no Redis server here (apt-get install redis-server)" unless Redis.program
    end

    private

    def session
      redis = Redis.new("#{@directory}/redis")
      redis.run do
        start(RbConfig.ruby, "-S", "sidekiq", "-c", "5", "-r", "#{Child::ROOT}/test/real/apps/jobs.rb",
              env: { "REDIS_URL" => redis.url, "RAILS_ENV" => "production" })
        wait_for("its processes") do
          ruby("defined?(Sidekiq::ProcessSet) && Sidekiq::ProcessSet.new.size == 1")
        end
        work
      ensure
        stop
      end
    end

    def work
      jobs("MailJob", @jobs)
      first = dump
      2.times do
        jobs("MailJob", @jobs / 5)
        dump
      end
      laws
      questions(first, WANTED)
      silent(@dumps)
      2.times do
        jobs("TrackedJob", LEAKS)
        dump
      end
      accused(@dumps.last(3), /^1\. TrackedJob/, /held by\s+.*Breadcrumbs::TRAIL/)
      expect(ask("why", @dumps.last, "TrackedJob", keep: "why-planted"), /TRAIL/)
    end

    def jobs(kind, count)
      started = now
      before = ruby("Sidekiq::Stats.new.processed")
      ruby(<<~RUBY)
        #{count}.times.each_slice(500) do |numbers|
          orders = numbers.map { |i| ["customer \#{i % 77}", { "id" => i, "lines" => [1, 2.5, "three"] }] }
          Sidekiq::Client.push_bulk("class" => #{kind}, "args" => orders)
        end
        nil
      RUBY
      wait_for("#{count} jobs") { ruby("Sidekiq::Stats.new.processed") >= before + count }
      wait_for("idle threads") { ruby("Sidekiq::WorkSet.new.size").zero? }
      puts "  #{count} jobs in #{(now - started).round} s"
    end
  end
end
