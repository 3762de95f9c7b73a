# frozen_string_literal: true

# Kills work at some of its steps, for tests.
module Killed
  POINTS = 5 # at which it is killed, besides before the last step

  # Runs the block in a process of its own that is killed before its step +at+, if it has so many.
  # Returns how many it had, nil if it was killed.
  def steps(at = nil)
    out, told = IO.pipe
    pid = fork do
      count = 0
      counted = -> { Process.kill(:KILL, Process.pid) if (count += 1) == at }
      steps_counted.each { |owner, names| owner.prepend(counting(names, counted)) }
      yield
      told.syswrite(count.to_s)
    ensure
      exit!
    end
    told.close
    Process.wait(pid)
    Integer(out.read, exception: false)
  ensure
    out&.close
  end

  def counting(names, counted)
    Module.new do
      names.each do |name|
        define_method(name) do |*arguments, **options, &block|
          counted.call
          super(*arguments, **options, &block)
        end
      end
    end
  end

  # Does all of it, in a process of its own as well.
  def whole(work)
    steps(&work).tap { |all| refute_nil all }
  end

  # Kills it at some of its steps, and yields after each.
  def killed(work)
    all = whole(work)
    (1..all).step([all / POINTS, 1].max).to_a.push(all).uniq.each do |at|
      yield -> { steps(at, &work) }, at
    end
  end
end
