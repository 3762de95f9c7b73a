# frozen_string_literal: true

require_relative "agent_call"

module HeapDump
  module Outside
    # The commands with which gdb passes the agent (AgentCall) to a process.
    class GdbCommands
      WORDS_AT_ONCE = 64
      private_constant :WORDS_AT_ONCE

      # +call+ is an AgentCall.
      def initialize(call)
        @call = call
        @image = call.image
        @memory = call.memory
      end

      # Puts the agent into memory and postpones the job. gdb prints "armed BUFFER", or nothing if
      # the main thread is not one of Ruby's threads: not yet, or no longer.
      def one
        [
          "set $ready = #{native_thread_p}",
          "if $ready != 0",
          "set $buffer = #{map_memory(@memory.bytesize, @call.protection)}",
          "if #{mapped("$buffer")}",
          *write_memory,
          postpone("$buffer"),
          *wake,
          'printf "armed %lu\n", (unsigned long) $buffer',
          "else",
          "printf \"#{AgentCall::NO_MEMORY}\\n\"",
          "end",
          "end"
        ].join("\n")
      end

      # The same job for every thread of Ruby, if the main thread does not run it: returns the
      # commands, and a definition that they need.
      def all(buffer)
        postpone = ["define postpone", "set $ready = #{native_thread_p}", "if $ready != 0",
                    postpone("(char *) #{buffer}UL"), "end", "end"].join("\n")
        ["thread apply all -q -s postpone\nprintf \"armed #{buffer}\\n\"", postpone]
      end

      private

      def map_memory(bytes, protection)
        call("char *", "void *, unsigned long, int, int, int, long", @image.libc_symbol("mmap"),
             "0, #{bytes}, #{protection}, #{AgentCall::PRIVATE}, -1, 0")
      end

      # The condition that mmap has not failed.
      def mapped(variable)
        "(unsigned long) #{variable} < -4096UL"
      end

      # Writes the agent into memory, with few commands, because each command takes time.
      def write_memory
        @memory.unpack("Q<*").each_slice(WORDS_AT_ONCE).with_index.map do |words, i|
          to = "$buffer + #{i * WORDS_AT_ONCE * AgentMemory::WORD}"
          list = words.map { |word| "#{word}UL" }.join(",")
          "set {unsigned long[#{words.size}]} (#{to}) = {#{list}}"
        end
      end

      def native_thread_p
        call("int", "void", @image.symbol("ruby_native_thread_p"), "")
      end

      # A call of the function at an address (Integer, or an expression).
      def call(type, parameters, address, arguments)
        address = "#{address}UL" if address.is_a?(Integer)
        "((#{type} (*)(#{parameters})) #{address})(#{arguments})"
      end

      def postpone(buffer)
        parameters = "unsigned, void *, void *"
        code = @call.left ? "#{@call.left}UL" : "#{buffer} + #{AgentMemory::CODE}"
        arguments = "0, (void *) (#{code}), #{buffer}"
        unless AgentCall.preregister?(@image)
          register = @image.symbol("rb_postponed_job_register_one")
          return "print #{call("int", parameters, register, arguments)}"
        end

        register = @image.symbol("rb_postponed_job_preregister")
        ["set $job = #{call("unsigned", parameters, register, arguments)}",
         "call #{call("void", "unsigned", @image.symbol("rb_postponed_job_trigger"), "$job")}"]
      end

      # Wakes the main thread. The commands are nested, because gdb evaluates no calls within && and
      # commas. Without memory for sigaction, which writes there itself, it is left asleep.
      def wake
        number = @call.unused_signal or return []
        unmap = call("int", "void *, unsigned long", @image.libc_symbol("munmap"),
                     "$scratch, #{AgentCall::SCRATCH}")
        ["set $woken = 0", "set $scratch = #{map_memory(AgentCall::SCRATCH, AgentCall::WRITABLE)}",
         "if #{mapped("$scratch")}",
         *AgentCall::HANDLED.flat_map { |signal| wake_by(signal, number) }, "call #{unmap}", "end"]
      end

      def wake_by(signal, number)
        read = call("int", "int, void *, void *", @image.libc_symbol("sigaction"),
                    "#{signal}, 0, $scratch")
        in_ruby = @image.code.map do |range|
          "($handler >= #{range.begin}UL && $handler < #{range.end}UL)"
        end.join(" || ")
        ["if $woken == 0", "set $failed = #{read}",
         "if $failed == 0", "set $handler = {unsigned long} ($scratch)",
         "if #{in_ruby}",
         "call #{call("void", "int", "$handler", number)}",
         "set $woken = 1",
         "end", "end", "end"]
      end
    end
  end
end
