# frozen_string_literal: true

# Programs that dump at a signal, and what they say.
module TriggerPrograms
  # What the child programs have: a directory, and waiting with a deadline.
  PRELUDE = "PATIENCE = #{Child::PATIENCE}\n#{<<~'RUBY'}".freeze
    require "heapdump"
    DIR = ARGV[0]
    $stdout.sync = true

    def wait_until(what)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + (30 * PATIENCE)
      until yield
        raise "never: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

        sleep 0.005
      end
    end

    def signal(name = "USR2")
      Process.kill(name, Process.pid)
    end

    # The dumps that are whole, without their directory.
    def dumped
      Dir.children(DIR).grep_v(/partial/).sort
    end

    def wait_for_dumps(count)
      wait_until("#{count} dumps") { dumped.size >= count && idle? }
    end

    def idle?
      HeapDump::Trigger.dumping.nil? && Thread.list.none? { |thread| thread.name == "heapdump" }
    end

    def markers
      File.read("/proc/self/maps").scan(%r{/memfd:(heapdump:.*) \(deleted\)}).flatten
    end
  RUBY

  private

  def run_child(code, **options)
    Child.ruby!(PRELUDE + code, scratch, **options)
  end

  def out_of(code, **options)
    run_child(code, **options).out
  end

  # Lines on stderr about what was done, without what differs.
  def told(outcome)
    outcome.err.lines(chomp: true).map do |line|
      line.gsub(scratch, "DIR").gsub(/[\d,]+ objects, [\d.]+ [KM]iB, [\d.]+ s;|[\d.]+ ms/, "…")
    end
  end
end
