# frozen_string_literal: true

# Takes the place of a MemoryGroup where none can be made: no process is limited, but one that has
# more than its share of private memory is killed, as the kernel would.
class StandIn
  attr_reader :limit, :kills

  def initialize(limit, workers)
    @limit = limit
    @share = limit / workers
    @kills = 0
  end

  def command(*program)
    program
  end

  # Marks of a share of the limit as the watch of one worker takes them.
  def marks(shares)
    shares.map { |share| "#{(share * @share / (1 << 20)).round} MiB" }
  end

  # Looks at these processes.
  def look(pids)
    pids.each do |pid|
      next if private_memory(pid) < @share

      Process.kill(:KILL, pid)
      @kills += 1
    end
  end

  def remove; end

  private

  def private_memory(pid)
    text = File.read("/proc/#{pid}/smaps_rollup")
    text.scan(/^Private_(?:Clean|Dirty): +(\d+) kB$/).sum { |(kib)| kib.to_i << 10 }
  rescue SystemCallError
    0 # it has ended
  end
end
