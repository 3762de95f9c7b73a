# frozen_string_literal: true

module HeapDump
  module Outside
    # The commands that let gdb hand the agent (agent.rb) to a process.
    #
    # A job is postponed, as profilers do from their signal handlers: MRI runs it when the thread
    # checks for interrupts next. A thread that waits for something does so only when it is woken.
    # What wakes it is MRI's own signal handler, called with the number of a signal for which nobody
    # has a handler: it wakes the main thread, which finds nothing to do for that number.
    class AgentCall
      # Signals whose handler is MRI's own, unless the program has had it taken away.
      HANDLED = %w[ALRM USR2 USR1 TERM INT HUP QUIT].map { |name| Signal.list.fetch(name) }.freeze
      NEEDED = %w[rb_eval_string ruby_native_thread_p].freeze
      AGENT = "#{__dir__}/agent.rb".freeze
      WORD = 8
      WORDS_AT_ONCE = 64

      # What a Ruby must export for this and does not; nil if it exports all.
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

      # Puts the agent into memory and postpones the job. Prints "armed BUFFER"; nothing of the kind
      # where the main thread is none of Ruby's: not yet, or no more.
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

      # The same job for every thread of Ruby, where the main thread does not come round: the
      # commands, and a definition that they need.
      def commands_for_all(buffer)
        postpone = ["define postpone", "set $ready = #{native_thread_p}", "if $ready != 0",
                    postpone("(char *) #{buffer}UL"), "end", "end"].join("\n")
        ["thread apply all -q -s postpone\nprintf \"armed #{buffer}\\n\"", postpone]
      end

      private

      # Private memory that can be read and written, for the code and a struct sigaction.
      def map_memory
        call("char *", "void *, unsigned long, int, int, int, long", @image.libc_symbol("mmap"),
             "0, #{@code.bytesize + 4096}, 3, 0x22, -1, 0")
      end

      # In few commands, since each of them takes its time.
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

      # Evaluated in the frame that happens to run: it may be of a class that knows no constants,
      # and must not get a block, which would keep its variables.
      def code(arguments)
        agent = "#{File.read(AGENT)}.call(#{arguments.map { |one| literal(one) }.join(", ")})"
        text = "::Kernel.eval(#{agent.b.dump}.dup.force_encoding(::Encoding::UTF_8), " \
               "::TOPLEVEL_BINDING, \"heapdump\")\n\0"
        text << ("\0" * (-text.bytesize % WORD))
      end

      def literal(value)
        case value
        when String then "#{value.b.dump}.dup.force_encoding(::Encoding::UTF_8)"
        when Array then "[#{value.map { |one| literal(one) }.join(", ")}]"
        when Hash then "{#{value.map { |key, one| "#{key}: #{literal(one)}" }.join(", ")}}"
        when Integer, true, false, nil then value.inspect
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

      # gdb evaluates no calls within && and commas, hence the nesting.
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

      # The highest, a real-time signal: nobody but the program itself would ever send it.
      def unused_signal
        ((35..64).to_a - @target.busy_signals).max
      end
    end
  end
end
