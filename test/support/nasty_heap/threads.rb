# frozen_string_literal: true

require "monitor"

module NastyHeap
  # Threads and fibers in every state, with frames, locals and variables of their own.
  class Threads < Family
    DEPTH = 200
    NAMES = ["worker \"1\"\n", "grüße 😀", "0x123", ":sym"].freeze

    def build
      @held = text("held by threads")
      sleeping
      named
      deep
      ended
      blocked
      fibers
      locks
    end

    private

    # A thread that has reached its resting place when this returns.
    def resting(name = nil, &block)
      ready = Queue.new
      thread = Thread.new { block.call(ready) }
      thread.name = name if name
      ready.pop
      until_asleep(thread)
    end

    def until_asleep(thread)
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
      until thread.stop?
        raise "#{thread} never sleeps" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit

        Thread.pass
      end
      thread
    end

    def sleeping
      thread = resting("planted worker") { |ready| work(text("a request"), ready) }
      thread[:current_user] = @held
      thread[:count] = 3
      thread.thread_variable_set(:log, @held)
      thread.thread_variable_set("level", :debug)
      # since 4.1 the line of its fiber has the references
      objects = RUBY_VERSION < "4.1" ? { "current_user" => value(@held) } : {}
      plant(:thread_sleeping, thread,
            type: "DATA", struct: "VM/thread", class_name: "Thread", status: "sleep",
            thread_name: "planted worker",
            fiber_locals: subset(objects.merge("count" => 3)), ivars: { "locals" => any })
    end

    def work(request, ready)
      attempts = 3
      answer = nil
      ready << true
      sleep
      [request, attempts, answer]
    end

    def named
      NAMES.each_with_index do |name, index|
        thread = resting(name) do |ready|
          ready << true
          sleep
        end
        plant(:"thread_named_#{index}", thread, struct: "VM/thread", thread_name: name)
      end
    end

    def deep
      thread = resting("deep") { |ready| descend(DEPTH, ready) }
      plant(:thread_deep, thread, struct: "VM/thread", status: "sleep")
    end

    def descend(level, ready)
      return descend(level - 1, ready) if level.positive?

      ready << true
      sleep
    end

    def ended
      dead = Thread.new { :result }
      dead.join
      plant(:thread_dead, dead, struct: "VM/thread", status: "dead")
      failed = Thread.new do
        Thread.current.report_on_exception = false
        raise "planted failure"
      end
      missing { failed.join }
      plant(:thread_failed, failed, struct: "VM/thread", status: "dead")
    end

    def missing
      yield
    rescue StandardError
      nil
    end

    def blocked
      queue = Queue.new
      queue << @held
      plant(:queue, queue, type: "DATA")
      sized = SizedQueue.new(1)
      sized << @held
      plant(:sized_queue, sized, type: "DATA")
      waiting = resting do |ready|
        ready << true
        sized << :never
      end
      plant(:thread_blocked, waiting, struct: "VM/thread", status: "sleep")
      mutex = Mutex.new
      holder = resting { |ready| mutex.synchronize { (ready << true) && sleep } }
      plant(:thread_mutex, holder, status: "sleep")
      plant(:mutex, mutex, type: "DATA")
    end

    def fibers
      plant(:fiber_created, Fiber.new { @held }, type: "DATA", struct: "fiber",
                                                 status: "created", class_name: "Fiber")
      suspended = Fiber.new do |argument|
        waiting = text("waiting in a fiber")
        NastyHeap.plant(:fiber_local, waiting, {})
        Fiber.yield(argument)
        waiting
      end
      suspended.resume(@held)
      plant(:fiber_suspended, suspended, struct: "fiber", status: "suspended")
      ended = Fiber.new { 1 }
      ended.resume
      plant(:fiber_terminated, ended, struct: "fiber", status: "terminated")
      plant(:enumerator_started, [1, 2, @held].each.tap(&:next), struct: "enumerator")
      fiber_in_thread
    end

    def fiber_in_thread
      inside = nil
      thread = resting("with fiber") do |ready|
        inside = Fiber.new do
          mine = text("local of a resumed fiber")
          ready << true
          sleep
          mine
        end
        inside.resume
      end
      plant(:thread_with_fiber, thread, struct: "VM/thread", status: "sleep")
      plant(:fiber_resumed, inside, struct: "fiber", status: "resumed")
    end

    def locks
      plant(:monitor, Monitor.new.tap(&:enter), type: "DATA")
      plant(:condition, ConditionVariable.new, type: "DATA")
      plant(:thread_group, ThreadGroup.new, type: "DATA", struct: "thgroup")
    end
  end
end
