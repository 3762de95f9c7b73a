# frozen_string_literal: true

require_relative "rules/memory"
require_relative "rules/growth"

module HeapDump
  class Watch
    # A rule is loaded when HeapDump.watch is told of it, and never later.
    module Rules # :nodoc:
      autoload :Every, "#{__dir__}/rules/every"
      autoload :Own, "#{__dir__}/rules/own"
      autoload :Ask, "#{__dir__}/rules/ask"
      autoload :AskFile, "#{__dir__}/rules/ask_file"
      autoload :AskSignal, "#{__dir__}/rules/ask_signal"
      autoload :Fleet, "#{__dir__}/rules/fleet"
    end

    # What the block of HeapDump.watch gets: its methods say when to dump. Each raises ArgumentError
    # for a wrong argument.
    #
    #   HeapDump.watch do |on|
    #     on.memory at: [0.5, 0.7, 0.85]
    #     on.every seconds: 86_400
    #   end
    #
    # The rules of a block replace all of the usual ones, which a watch without a block has:
    #
    #   on.memory
    #   on.growth
    #   on.ask file: true
    #   on.ask "file:/var/tmp/heapdump" # the directory of the dumps
    #
    # A block that names no rule, as one that has only on.dump and on.exit, keeps them.
    class On
      attr_reader :rules, :hooks, :grace # :nodoc:

      def initialize(directory) # :nodoc:
        @directory = directory
        @rules = []
        @hooks = []
      end

      # What a block says (nil if there is none). Without a rule nothing would ever be dumped.
      def read(block) # :nodoc:
        block&.call(self)
        usual if @rules.empty?
        self
      end

      # The rules without a block: memory, growth, and a question in a file.
      def usual(**marks) # :nodoc:
        memory(**marks)
        growth
        ask file: true
        ask "file:#{@directory}"
        self
      end

      # Memory above marks: shares of the limit (Floats), or bytes (an Integer or "900 MiB"). Each
      # strikes once, until less than nine tenths of it are used again. Of those that are passed at
      # once the highest does, and the others when the process has grown by a twentieth since.
      #
      # at::     the marks (default 0.5, 0.7, 0.85)
      # for::    seconds for which a mark must be passed (default 30)
      # of::     +:container+ (default): what the control group uses of its limit; of several
      #          workers the one with most private memory dumps, and the same one again. +:process+:
      #          private memory of this process, against the limit divided by the number of workers.
      # events:: with true (default) the rule looks at once, and waits for no +for:+, if the kernel
      #          had to reclaim memory at the limit
      #
      #   on.memory at: [0.6, "1.5 GiB"], for: "1m"
      def memory(**options)
        add made("on.memory", Rules::Memory, options)
      end

      # Private memory has become +by+ times (default 2.5) what it was when the process had settled.
      # It must become so many times more for each further dump.
      #
      #   on.growth by: 3
      def growth(**options)
        add made("on.growth", Rules::Growth, options)
      end

      # Once in so many jobs or requests (as HeapDump::Work counts them) or seconds,
      # or at times as cron has them, in UTC. One of them. Of several workers the one with most
      # private memory dumps, and the same one again: jobs and requests are those of that worker.
      # They leave twice as many dumps of at_most: to the marks as there are marks.
      #
      #   on.every jobs: 1000
      #   on.every cron: "0 3 * * *"
      def every(*bare, **what)
        what = {} unless bare.empty? # which of them is meant nobody knows
        add Rules::Every.new(**what)
      end

      # When the process ends, if a rule of memory has struck since less than its lowest mark was
      # used. The process waits +grace+ seconds (default 10) for a hook that runs and for a dump
      # under way.
      #
      #   on.exit grace: 20
      def exit(grace: 10)
        @grace = Quantity.seconds("on.exit grace:", grace)
        nil
      end

      # When somebody asks. <tt>file: true</tt>: when there is a file +ask+ in the directory of the
      # dumps, empty or with the number of a process. The address of a bus (String), as
      # <tt>file:/shared</tt>: when `heapdump ask` has put a request there. Or any object with a
      # method +asked+, which gets a Facts at each look and returns who asks (String), nil or false.
      #
      #   on.ask file: true
      #   on.ask "file:/shared/heapdump"
      def ask(source = nil, file: nil)
        if source.is_a?(String)
          bus(Asking::Address.parse(source, "on.ask"))
        else
          add Rules::Ask.new(file ? Rules::AskFile.new(@directory) : source)
        end
      end

      # The last one for each bus: a process must not take two parts in one request.
      def bus(address) # :nodoc:
        if address.sidekiq?
          @rules.reject! { |rule| rule.is_a?(Rules::AskSignal) } # there is one signal
          return add Rules::AskSignal.new(address)
        end

        @rules.reject! { |rule| rule.is_a?(Rules::Fleet) && rule.address.place == address.place }
        add Rules::Fleet.new(address)
      end

      # When the block returns something true; once, until it was not. It gets a Facts, runs in the
      # thread of the watch, and should take less than a second. A rule that raises or takes longer
      # is told of once, and switched off after three times in an hour.
      #
      #   on.rule(:queue) { |facts| Jobs.waiting > 10_000 }
      def rule(name, &block)
        add Rules::Own.new(name, block)
      end

      # The block gets the HeapDump::Result of each dump, and the Facts, in the thread of the watch,
      # which does not look meanwhile. It may take long. One that raises is told of once, and
      # switched off after three times in an hour.
      #
      #   on.dump { |result, facts| Metrics.count("heap_dump", rule: facts.rule) }
      def dump(&block)
        raise ArgumentError, "on.dump needs a block" unless block

        @hooks << block
        nil
      end

      private

      def made(name, rule, options)
        known = rule.instance_method(:initialize).parameters.map(&:last)
        unknown = (options.keys - known).first
        return rule.new(**options) unless unknown

        raise ArgumentError, "#{name} takes #{known.map { |key| "#{key}:" }.join(", ")}, " \
                             "not #{unknown}:"
      end

      def add(rule)
        @rules << rule
        nil
      end
    end
  end
end
