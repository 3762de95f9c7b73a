# frozen_string_literal: true

module HeapDump
  module Outside
    # The commands with which gdb passes the agent (agent.rb) to a process.
    #
    # The agent becomes a postponed job, as profilers make them in their signal handlers: MRI runs
    # the job when the thread next checks for interrupts. A thread that waits does so only when it
    # is woken. MRI's own signal handler wakes it: gdb calls that with the number of a signal for
    # which there is no handler. It wakes the main thread, which finds that it has nothing to do for
    # the number.
    class AgentCall
      # Signals for which MRI installs its own handler, unless the program removes it.
      HANDLED = %w[ALRM USR2 USR1 TERM INT HUP QUIT].map { |name| Signal.list.fetch(name) }.freeze
      NEEDED = %w[rb_eval_string ruby_native_thread_p].freeze
      AGENT = "#{__dir__}/agent.rb".freeze
      COUNTER = "#{__dir__}/agent_counter.rb".freeze
      WORD = 8
      WORDS_AT_ONCE = 64

      # The name of a function that this needs and the Ruby does not export; nil if it exports all
      # of them.
      def self.missing(image)
        needed = preregister?(image) ? NEEDED : [*NEEDED, "rb_postponed_job_register_one"]
        needed.find { |name| !image.symbol(name) } ||
          %w[mmap sigaction].find { |name| !image.libc_symbol(name) }
      end

      def self.preregister?(image)
        image.symbol("rb_postponed_job_preregister") && image.symbol("rb_postponed_job_trigger")
      end

      # +arguments+ are what the agent takes: extension, directory, dump, keywords.
      def initialize(target, image, arguments)
        @target = target
        @image = image
        @code = code(arguments)
      end

      # Puts the agent into memory and postpones the job. gdb prints "armed BUFFER", or nothing if
      # the main thread is not one of Ruby's threads: not yet, or no longer.
      def commands
        [
          "set $ready = #{native_thread_p}",
          "if $ready != 0",
          "set $buffer = #{map_memory}",
          "if (unsigned long) $buffer < -4096UL",
          *write_code,
          postpone("$buffer"),
          *wake("$buffer + #{@code.bytesize}"),
          'printf "armed %lu\n", (unsigned long) $buffer',
          "end",
          "end"
        ].join("\n")
      end

      # The same job for every thread of Ruby, if the main thread does not run it: returns the
      # commands, and a definition that they need.
      def commands_for_all(buffer)
        postpone = ["define postpone", "set $ready = #{native_thread_p}", "if $ready != 0",
                    postpone("(char *) #{buffer}UL"), "end", "end"].join("\n")
        ["thread apply all -q -s postpone\nprintf \"armed #{buffer}\\n\"", postpone]
      end

      private

      # Maps private memory that can be read and written, for the code and a struct sigaction.
      def map_memory
        call("char *", "void *, unsigned long, int, int, int, long", @image.libc_symbol("mmap"),
             "0, #{@code.bytesize + 4096}, 3, 0x22, -1, 0")
      end

      # Writes the code into memory, with few commands, because each command takes time.
      def write_code
        @code.unpack("Q<*").each_slice(WORDS_AT_ONCE).with_index.map do |words, i|
          to = "$buffer + #{i * WORDS_AT_ONCE * WORD}"
          list = words.map { |word| "#{word}UL" }.join(",")
          "set {unsigned long[#{words.size}]} (#{to}) = {#{list}}"
        end
      end

      def native_thread_p
        call("int", "void", @image.symbol("ruby_native_thread_p"), "")
      end

      # The code is evaluated in the frame that happens to run. That may belong to a class in which
      # no constants can be found. The frame must not get a block, because a block would hold its
      # variables.
      def code(arguments)
        # the magic comment would be one in the middle of code, of which Ruby may warn
        counter = File.read(COUNTER).lines.drop(1).join
        arguments = [*arguments.map { |one| literal(one) }, counter]
        agent = "#{File.read(AGENT)}.call(#{arguments.join(", ")})"
        text = "::Kernel.eval(#{agent.b.dump}.dup.force_encoding(::Encoding::UTF_8), " \
               "::TOPLEVEL_BINDING, \"heapdump\")\n\0"
        text << ("\0" * (-text.bytesize % WORD))
      end

      def literal(value)
        case value
        when String then "#{value.b.dump}.dup.force_encoding(::Encoding::UTF_8)"
        when Array then "[#{value.map { |one| literal(one) }.join(", ")}]"
        when Hash then "{#{value.map { |key, one| "#{key}: #{literal(one)}" }.join(", ")}}"
        when Symbol, Integer, true, false, nil then value.inspect
        end
      end

      # A call of the function at an address (Integer, or an expression).
      def call(type, parameters, address, arguments)
        address = "#{address}UL" if address.is_a?(Integer)
        "((#{type} (*)(#{parameters})) #{address})(#{arguments})"
      end

      def postpone(buffer)
        parameters = "unsigned, void *, void *"
        arguments = "0, (void *) #{@image.symbol("rb_eval_string")}UL, #{buffer}"
        unless AgentCall.preregister?(@image)
          register = @image.symbol("rb_postponed_job_register_one")
          return "print #{call("int", parameters, register, arguments)}"
        end

        register = @image.symbol("rb_postponed_job_preregister")
        ["set $job = #{call("unsigned", parameters, register, arguments)}",
         "call #{call("void", "unsigned", @image.symbol("rb_postponed_job_trigger"), "$job")}"]
      end

      # Wakes the main thread. The commands are nested, because gdb evaluates no calls within && and
      # commas.
      def wake(scratch)
        number = unused_signal or return []
        sigaction = @image.libc_symbol("sigaction")
        in_ruby = @image.code.map do |range|
          "($handler >= #{range.begin}UL && $handler < #{range.end}UL)"
        end.join(" || ")
        HANDLED.flat_map do |signal|
          read = call("int", "int, void *, void *", sigaction, "#{signal}, 0, #{scratch}")
          ["if $woken == 0",
           "set $failed = #{read}",
           "set $handler = {unsigned long} (#{scratch})",
           "if $failed == 0 && (#{in_ruby})",
           "call #{call("void", "int", "$handler", number)}",
           "set $woken = 1",
           "end",
           "end"]
        end.unshift("set $woken = 0")
      end

      # The highest real-time signal that the process does not use. Only the program itself would
      # ever send such a signal.
      def unused_signal
        ((35..64).to_a - @target.busy_signals).max
      end
    end
  end
end
