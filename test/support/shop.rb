# frozen_string_literal: true

require "fileutils"
require "json"
require_relative "child"
require_relative "dumps"

# Dumps of a small program in which everything has a name, for the tests of the reader's answers.
module Shop
  SESSIONS = 80

  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "objspace"
    class Session
      def initialize(number)
        @number = number
        @state = +"waiting for payment"
        @basket = [number, +"item #{number}"]
      end
    end

    module Registry
      CACHE = {}
      @pool = [Session.new(-1)]
      class << self
        attr_reader :pool
      end
    end
    EVIL = "evil \e]0;owned\a\e[2J \u009b31m \u202e".dup
    class Bus
      def initialize = @subscribers = []
      def subscribe(&block) = @subscribers << block
    end
    BUS = Bus.new

    def handle(request)
      payload = Session.new(request)
      BUS.subscribe { payload }
    end

    def wait(gate, ready)
      results = [Session.new(-2)]
      ready << true
      gate.pop
      results
    end
    Object.const_set(:ODD, Struct.new(:name)).new("odd")

    ARGV[2].to_i.times { |i| Registry::CACHE["k#{i}"] = Session.new(i) }
    handle(1_000_000)
    $current = Session.new(-3)
    gate, ready = Queue.new, Queue.new
    thread = Thread.new { wait(gate, ready) }
    thread.name = "shop worker 1"
    ready.pop

    options = eval(ARGV[1])
    if options == :dump_all
      GC.start
      File.open(ARGV[0], "w") { |io| ObjectSpace.dump_all(output: io) }
    elsif options.delete(:traced)
      HeapDump.trace_allocations do
        Registry::CACHE["traced"] = Session.new(7)
        HeapDump.dump(ARGV[0], **options)
      end
    else
      HeapDump.dump(ARGV[0], **options)
    end
    exit!(0)
  RUBY

  class << self
    # The path of a dump; made once for each set of options. `sessions` is how many there are in the
    # cache; the others are options of HeapDump.dump, or +:dump_all+.
    def dump(options = {}, name: "heap.json", sessions: SESSIONS)
      @dumps ||= {}
      @dumps[[options, name, sessions]] ||= begin
        directory = File.join(Dumps.root, "shop-#{@dumps.size}")
        FileUtils.mkdir_p(directory)
        path = File.join(directory, name)
        program = File.join(directory, "shop.rb")
        File.write(program, PROGRAM)
        Child.ruby!("load ARGV.shift", program, path, options.inspect, sessions.to_s,
                    flags: ["-W0", "--disable=gems"], timeout: 60)
        path
      end
    end
  end
end
