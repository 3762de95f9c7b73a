# frozen_string_literal: true

require "support/redis"
require_relative "program"

# The programs that `rake test:machines` dumps.
module Machines
  TICK = 'Thread.new { loop { $stdout.syswrite("tick 1\n"); sleep 0.2 } }'
  UP = '$stdout.syswrite("up #{$$}\n")'

  # Twenty threads that allocate small and large blocks all the time, as zlib does, too.
  BUSY = <<~RUBY.freeze
    require "zlib"
    20.times do |i|
      Thread.new do
        kept = []
        loop do
          kept.size > 500 ? kept.clear : kept << { i => "x" * rand(10_000), "list" => [1] * 50 }
          Zlib.deflate("some text " * 1000) if rand(20).zero?
          sleep 0.002
        end
      end
    end
    #{TICK}
  RUBY

  COMPACT = "Thread.new { loop { GC.compact; sleep 0.05 } }"

  # As services set them: a heap that is large from the beginning, and a GC that comes seldom. The
  # first name is that of Ruby 3.2 and before.
  SETTINGS = {
    "RUBY_GC_HEAP_INIT_SLOTS" => "400000", "RUBY_GC_HEAP_FREE_SLOTS" => "100000",
    "RUBY_GC_HEAP_GROWTH_FACTOR" => "1.1", "RUBY_GC_HEAP_OLDOBJECT_LIMIT_FACTOR" => "1.3",
    "RUBY_GC_MALLOC_LIMIT" => "64000000", "RUBY_GC_OLDMALLOC_LIMIT" => "128000000",
    **5.times.to_h { |pool| ["RUBY_GC_HEAP_#{pool}_INIT_SLOTS", "80000"] }
  }.freeze

  # Dumps itself as often as it is told.
  OWN = <<~RUBY.freeze
    require #{File.expand_path("../../../lib/heapdump", __dir__).dump}
    Thread.new do
      while (rounds = $stdin.gets&.to_i)
        rounds.times { |i| HeapDump.dump("own-\#{i}.json", fork: i.even?, strings: :none) }
        $stdout.syswrite("dumped \#{rounds}\\n")
      end
    end
  RUBY

  PUMA = <<~'RUBY'
    bind "tcp://127.0.0.1:#{ENV.fetch("PORT")}"
    workers 2
    threads 4, 4
    preload_app!
    %s
    boot = respond_to?(:before_worker_boot) ? :before_worker_boot : :on_worker_boot
    send(boot) { |index| $stdout.syswrite("up #{$$}\n") if index.zero? }
    app do |_|
      ($cache ||= {})[rand(1000)] = Array.new(100) { |i| "entry #{i}" }
      %s
      [200, { "content-type" => "text/plain" }, ["done"]]
    end
  RUBY

  FALCON = <<~'RUBY'
    $stdout.syswrite("up #{$$}\n")
    run lambda { |_| sleep(0.01); [200, {}, ["done"]] }
  RUBY

  SIDEKIQ = <<~'RUBY'
    require "sidekiq"
    Sidekiq.configure_client { |config| config.redis = { url: ENV.fetch("REDIS_URL") } }
    class Job
      include Sidekiq::Job
      def perform(number)
        Array.new(number) { |i| "entry #{i}" }
        $stdout.syswrite("tick 1\n") if rand(50).zero?
      end
    end
    Sidekiq.configure_server do |config|
      config.redis = { url: ENV.fetch("REDIS_URL") }
      config.on(:startup) do
        Thread.new { loop { 20.times { Job.perform_async(rand(100)) }; sleep 0.1 } }
        $stdout.syswrite("up #{$$}\n")
      end
    end
  RUBY

  SOLID_QUEUE = <<~'RUBY'
    require "rails"
    require "active_record/railtie"
    require "active_job/railtie"
    require "logger"
    ENV["DATABASE_URL"] = "sqlite3:#{Dir.pwd}/queue.db"
    require "sqlite3"
    require "solid_queue"
    class App < Rails::Application
      config.eager_load = false
      config.logger = Logger.new(File::NULL)
      config.secret_key_base = "0" * 64
      config.active_job.queue_adapter = :solid_queue
    end
    class Job < ActiveJob::Base
      def perform(number) = $stdout.syswrite("tick 1\n") && Array.new(number) { |i| "entry #{i}" }
    end
    App.initialize!
    ActiveRecord::Schema.verbose = false
    load "#{Gem.loaded_specs["solid_queue"].full_gem_path}/lib/generators/solid_queue/install/" \
         "templates/db/queue_schema.rb"
    SolidQueue.on_worker_start do
      Thread.new { loop { Job.perform_later(rand(100)); sleep 0.3 } }
      $stdout.syswrite("up #{$$}\n")
    end
    SolidQueue::Supervisor.start
  RUBY

  FLUENTD = <<~XML
    <source>
      @type sample
      tag t
      rate 50
    </source>
    <match t>
      @type stdout
    </match>
  XML

  ASYNC = <<~RUBY.freeze
    require "async"
    Async do |task|
      #{UP}
      50.times { |i| task.async { loop { Array.new(50) { |k| "\#{i} \#{k}" }; sleep 0.01 } } }
      task.async { loop { $stdout.syswrite("tick 1\\n"); sleep 0.2 } }
    end
  RUBY

  module_function

  def all
    allocators + rubies + servers + consoles
  end

  def allocators
    { "glibc" => {}, "jemalloc" => { preload: "libjemalloc.so.2" },
      "tcmalloc" => { preload: "libtcmalloc_minimal.so.4" },
      "mimalloc" => { preload: "libmimalloc.so.2" },
      "MALLOC_ARENA_MAX=2" => { "MALLOC_ARENA_MAX" => "2" },
      "MALLOC_PERTURB_=165" => { "MALLOC_PERTURB_" => "165" } }.map do |name, env|
      ruby(name, BUSY, env: env)
    end
  end

  def rubies
    warmup = -> { "this Ruby has no Process.warmup" unless ::Process.respond_to?(:warmup) }
    [*compilers,
     ruby("Process.warmup", "Process.warmup; #{BUSY}", needs: warmup),
     ruby("GC.compact", "#{BUSY}; #{COMPACT}"),
     ruby("GC.auto_compact", "GC.auto_compact = true; #{BUSY}"),
     ruby("RUBY_GC settings", BUSY, env: SETTINGS)]
  end

  def compilers
    { "YJIT" => %w[--yjit --yjit-call-threshold=1],
      "ZJIT" => %w[--zjit --zjit-call-threshold=2] }.flat_map do |name, flags|
      needs = -> { "this Ruby has no #{name}" unless takes?(flags) }
      [ruby(name, BUSY, *flags, needs: needs),
       ruby("#{name}, GC.compact", "#{BUSY}; #{COMPACT}", *flags, needs: needs),
       ruby("#{name}, auto_compact", "GC.auto_compact = true; #{BUSY}", *flags, needs: needs)]
    end
  end

  def servers
    up_later = "#{TICK}; Thread.new { sleep 3; #{UP} }"
    [puma("Puma, preload_app!", work: "GC.compact if rand(50).zero?"),
     puma("Puma, fork_worker", setting: "fork_worker"),
     Program.new("Falcon", { "config.ru" => FALCON },
                 %w[-S falcon serve -n 1 -b http://127.0.0.1:PORT], gems: %w[falcon], server: true),
     ruby("async", ASYNC, gems: %w[async], up: false),
     sidekiq,
     ruby("Solid Queue", SOLID_QUEUE, gems: %w[sqlite3 solid_queue], up: false),
     Program.new("fluentd", { "f.conf" => FLUENTD, "up.rb" => up_later },
                 %w[-r ./up.rb -S fluentd -c f.conf --no-supervisor], gems: %w[fluentd])]
  end

  def consoles
    tests = File.expand_path("../..", __dir__)
    rails = "$:.unshift(#{tests.dump}); require 'support/rails_app'; RailsApp.boot; " \
            "require 'irb'; IRB.start"
    input = "#{TICK}; #{UP}\n"
    [Program.new("irb", {}, %w[-S irb -f], input: input),
     Program.new("Rails console", { "console.rb" => rails }, %w[console.rb], gems: %w[rails],
                                                                             input: input)]
  end

  def sidekiq
    redis = lambda do |directory, env, &block|
      server = Redis.new("#{directory}/redis")
      server.run { block.call(env.merge!("REDIS_URL" => server.url)) }
    end
    Program.new("Sidekiq", { "jobs.rb" => SIDEKIQ }, %w[-S sidekiq -r ./jobs.rb -c 10],
                gems: %w[sidekiq], around: redis,
                needs: -> { "no redis-server" unless Redis.program })
  end

  def ruby(name, code, *flags, up: true, **options)
    code += "\n#{OWN}\n#{UP}\nsleep\n" if up
    Program.new(name, { "program.rb" => code }, [*flags, "program.rb"], inside: up, **options)
  end

  def puma(name, setting: "", work: "")
    Program.new(name, { "puma.rb" => format(PUMA, setting, work) }, %w[-S puma -C puma.rb],
                gems: %w[puma], server: true)
  end

  # YJIT was an experiment before 3.2. A Ruby without a compiler warns, and goes on.
  def takes?(flags)
    RUBY_VERSION >= "3.3" && system(RbConfig.ruby, *flags, "-e", "", %i[out err] => File::NULL) &&
      !`#{RbConfig.ruby} #{flags.first} -e "" 2>&1`.include?("without")
  end
end
