# frozen_string_literal: true

module HeapDump
  module Outside
    # The plan by which the program Attach passes the agent (AgentCall) to a process, in the
    # language of ext/attach/plan.h. The program checks conditions itself, because the process
    # stands still meanwhile.
    #
    # The variables: r whether the thread is one of Ruby's; b the agent's memory in the process; j
    # the job; m memory for what sigaction says, s and h what it says of a signal, and its handler;
    # w whether the main thread was woken; x is not looked at.
    class AttachPlan
      # The variable that has the address of the agent, where it was handed over.
      ADDRESS = "b"
      MAP_FAILED = 0xffff_ffff_ffff_f000 # from here on an address is an errno
      READY = "when r 1 100000000"
      # What mmap returns where it succeeds.
      MAPPED = "when b 1000 fffffffffffff000"
      VALID_JOB = "when j 0 ffffffff"
      SCRATCH = "when m 1000 fffffffffffff000"
      ASLEEP = "when w 0 1"

      # +call+ is an AgentCall, +way+ a WayBack.
      def initialize(call, way)
        @call = call
        @image = call.image
        @way = way
      end

      # Puts the agent into memory, postpones the job in the main thread, and wakes that.
      def one
        memory = @call.memory
        plan(@call.pid, [*ask_whether_ready,
                         "#{READY} #{map("b", memory.bytesize, @call.protection)}",
                         "#{MAPPED} store $b #{memory.unpack1("H*")}",
                         *postpone(MAPPED, "$b", left || "$b+#{hex(AgentMemory::CODE)}"), *wake])
      end

      # Why the agent was not handed over, by the variables after the plan #one; nil if it was.
      def obstacle(variables)
        buffer, job = variables.values_at(ADDRESS, "j")
        return "its main thread is none of Ruby's" unless buffer
        return AgentCall::NO_MEMORY if buffer >= MAP_FAILED

        registered = preregister? ? job != 0xffff_ffff : job == 1
        "MRI takes no more postponed jobs" unless registered
      end

      # The same job, which is in memory already, in another thread.
      def for_thread(id, address)
        code = left || hex(address + AgentMemory::CODE)
        plan(id, [*ask_whether_ready, *postpone(READY, hex(address), code)])
      end

      private

      # The machine code that is there already.
      def left
        hex(@call.left) if @call.left
      end

      def plan(thread, steps)
        ["process #{@call.pid} #{thread}", "way #{hex(@way.restorer)} #{hex(@way.saver)}",
         *("all" unless preregister?), *steps, "end", ""].join("\n")
      end

      # Before Ruby 3.3 a list without a lock, at which no other thread may look meanwhile.
      def preregister?
        AgentCall.preregister?(@image)
      end

      def ask_whether_ready
        ["call r #{ruby("ruby_native_thread_p")}", "low r"]
      end

      def map(variable, bytes, protection)
        arguments = [0, bytes, protection, AgentCall::PRIVATE].map { |one| hex(one) }
        "call #{variable} #{libc("mmap")} #{arguments.join(" ")} ffffffffffffffff 0"
      end

      def postpone(condition, memory, code)
        arguments = "0 #{code} #{memory}"
        unless preregister?
          return ["#{condition} call j #{ruby("rb_postponed_job_register_one")} #{arguments}"]
        end

        ["#{condition} call j #{ruby("rb_postponed_job_preregister")} #{arguments}", "low j",
         "#{condition} #{VALID_JOB} call x #{ruby("rb_postponed_job_trigger")} $j"]
      end

      # Wakes the main thread by the first handler that is MRI's. Without memory for sigaction,
      # which writes there itself, it is left asleep.
      def wake
        number = @call.unused_signal or return []
        ["#{MAPPED} #{map("m", AgentCall::SCRATCH, AgentCall::WRITABLE)}",
         *AgentCall::HANDLED.flat_map { |signal| wake_by(signal, number) },
         "#{SCRATCH} call x #{libc("munmap")} $m #{hex(AgentCall::SCRATCH)}"]
      end

      def wake_by(signal, number)
        asked = "#{SCRATCH} #{ASLEEP} when s 0 1"
        ["#{SCRATCH} #{ASLEEP} call s #{libc("sigaction")} #{hex(signal)} 0 $m", "low s",
         "#{asked} load h $m",
         *@image.code.flat_map { |range| call_handler("#{asked} #{within(range)}", number) }]
      end

      def call_handler(condition, number)
        ["#{condition} call x $h #{hex(number)}", "#{condition} set w 1"]
      end

      def within(range)
        "when h #{hex(range.begin)} #{hex(range.end)}"
      end

      def ruby(name)
        hex(@image.symbol(name))
      end

      def libc(name)
        hex(@image.libc_symbol(name))
      end

      def hex(number)
        number.to_s(16)
      end
    end
  end
end
