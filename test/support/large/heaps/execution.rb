# frozen_string_literal: true

# Many frames, threads, fibers, and what they keep.
module Large
  def self.descend(level, kept, run)
    return run.call if level.zero?

    descend(level - 1, kept, run)
  end

  def self.sleep_below(level)
    level.zero? ? sleep : sleep_below(level - 1)
  end

  def self.asleep(thread)
    Thread.pass until thread.stop?
    thread
  end

  heap(:frames, quick: 5000, full: 7000) do |count, run|
    descend(count, Object.new, run)
  end

  heap(:frames_of_a_thread, quick: 5000, full: 10_000) do |count, run|
    thread = asleep(Thread.new { sleep_below(count) })
    plant(thread)
    run.call
    thread.kill
  end

  heap(:frames_of_a_fiber, quick: 900, full: 1000) do |count, run|
    fiber = Fiber.new { descend(count, 1, -> { Fiber.yield }) }
    fiber.resume
    plant(fiber)
    run.call
  end

  heap(:threads, quick: 500, full: 5000) do |count, run|
    threads = Array.new(count) { Thread.new { sleep } }
    threads.each { |thread| asleep(thread) }
    run.call
    threads.each(&:kill).each(&:join)
  end

  heap(:fibers, quick: 1000, full: 5000) do |count, run|
    fibers = Array.new(count) { Fiber.new { Fiber.yield }.tap(&:resume) }
    plant(fibers, length: count)
    run.call
  end

  heap(:fiber_locals, quick: 17_000, full: 100_000) do |count, run|
    thread = asleep(Thread.new { sleep })
    count.times { |i| thread[:"key_#{i}"] = i }
    plant(thread, fiber_locals: size(count))
    run.call
  end

  heap(:thread_variables, quick: 12_000, full: 100_000) do |count, run|
    thread = asleep(Thread.new { sleep })
    count.times { |i| thread.thread_variable_set(:"key_#{i}", Object.new) }
    run.call
  end

  heap(:waiting_for_a_queue, quick: 200, full: 2000) do |count, run|
    queue = Thread::Queue.new
    threads = Array.new(count) { asleep(Thread.new { queue.pop }) }
    run.call
    count.times { queue << nil }
    threads.each(&:join)
  end

  heap(:queue, quick: 17_000, full: 500_000) do |count, run|
    queue = Thread::Queue.new
    objects(count).each { |object| queue << object }
    run.call(queue)
  end

  heap(:enumerators, quick: 2000, full: 20_000) do |count, run|
    kept = Array.new(count) { [1].each.tap(&:size) }
    plant(kept, length: count)
    run.call
  end

  heap(:procs, quick: 17_000, full: 200_000) do |count, run|
    kept = Array.new(count) { |i| proc { i } }
    plant(kept, length: count)
    run.call
  end
end
