# frozen_string_literal: true

require_relative "agent_memory"

module HeapDump
  module Outside
    # How the agent (agent.rb) is passed to a process: its code, and the functions to be called
    # (GdbCommands, AttachPlan).
    #
    # The agent becomes a postponed job, as profilers make them in their signal handlers: MRI runs
    # the job when the thread next checks for interrupts. A thread that waits does so only when it
    # is woken. MRI's own signal handler wakes it: that is called with the number of a signal for
    # which there is no handler. It wakes the main thread, which finds that it has nothing to do for
    # the number.
    class AgentCall
      # Signals for which MRI installs its own handler, unless the program removes it.
      HANDLED = %w[ALRM USR2 USR1 TERM INT HUP QUIT].map { |name| Signal.list.fetch(name) }.freeze
      NEEDED = %w[ruby_native_thread_p].freeze
      AGENT = "#{__dir__}/agent.rb".freeze
      COUNTER = "#{__dir__}/agent_counter.rb".freeze
      # Bytes of memory for a struct sigaction.
      SCRATCH = 4096
      # How memory is mapped: private, and for code, for a text that is only read, or for writing.
      EXECUTABLE = 5
      READABLE = 1
      WRITABLE = 3
      PRIVATE = 0x22
      NO_MEMORY = "it may not have memory for the agent, which must be executable (mmap failed)"
      private_constant :AGENT, :COUNTER

      # What this needs and the process does not have, in words; nil if it has all of it.
      def self.missing(image)
        needed = preregister?(image) ? NEEDED : [*NEEDED, "rb_postponed_job_register_one"]
        absent = needed.find { |name| !image.symbol(name) }
        return "its Ruby does not export #{absent}" if absent

        absent = %w[mmap munmap sigaction].find { |name| !image.libc_symbol(name) }
        absent ? "its C library has no #{absent}" : AgentMemory.missing(image)
      end

      def self.preregister?(image)
        image.symbol("rb_postponed_job_preregister") && image.symbol("rb_postponed_job_trigger")
      end

      # The Ruby of the process (RubyImage), and what is put into memory, as bytes in whole words.
      attr_reader :image, :memory
      # The address of machine code that an earlier agent has left in the process; nil if there is
      # none, or if it need not be used again. From Ruby 3.3 on MRI has room for the functions of 32
      # jobs, and forgets none, so a new function for each dump would leave no room for others.
      attr_reader :left

      # +arguments+ are what the agent takes: extension, directory, dumps, keywords.
      def initialize(target, image, arguments)
        @target = target
        @image = image
        @memory = AgentMemory.new(image, text(arguments)).bytes
        @left = AgentMemory.code_in(target, image.platform) if self.class.preregister?(image)
      end

      # How the memory is to be mapped.
      def protection
        left ? READABLE : EXECUTABLE
      end

      def pid
        @target.pid
      end

      # The highest real-time signal that the process does not use. Only the program itself would
      # ever send such a signal.
      def unused_signal
        ((35..64).to_a - @target.busy_signals).max
      end

      private

      def text(arguments)
        # the magic comment would be one in the middle of code, of which Ruby may warn
        counter = File.read(COUNTER).lines.drop(1).join
        arguments = [*arguments.map { |one| literal(one) }, counter]
        "#{File.read(AGENT)}.call(#{arguments.join(", ")})"
      end

      def literal(value)
        case value
        when String then "#{value.b.dump}.dup.force_encoding(::Encoding::UTF_8)"
        when Array then "[#{value.map { |one| literal(one) }.join(", ")}]"
        when Hash then "{#{value.map { |key, one| "#{key}: #{literal(one)}" }.join(", ")}}"
        when Symbol, Integer, true, false, nil then value.inspect
        end
      end
    end
  end
end
