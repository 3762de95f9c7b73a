# frozen_string_literal: true

# Programs that call HeapDump.watch: they write to `heaps` in the scratch directory.
module WatchProgram
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

    # Looks often, so that no test waits for the next look.
    def watch(pause: 0.05, **options, &block)
      HeapDump::Watch::Options.define_method(:every) { pause }
      HeapDump::Watch::Engine.define_method(:pause) { pause }
      HeapDump.watch(to: "#{DIR}/heaps", every: 1, settle: 0, **options, &block)
    end

    # whatever else fills the disk of this machine
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }

    def stats = HeapDump::Watch.current.stats
  RUBY

  def run_child(code, **options)
    Child.ruby!(PRELUDE + code, scratch, **options)
  end

  def files(pattern)
    Dir.glob(File.join(scratch, "heaps", pattern))
  end
end
