# frozen_string_literal: true

require_relative "child"
require_relative "dumps"

# The dump of a program that adds callbacks again and again: blocks, methods, and code of its own.
module ManyProcs
  PROGRAM = <<~'RUBY'
    require "heapdump"
    # The places of this text are those of a file of an application.
    eval(<<~'APP', TOPLEVEL_BINDING, "/srv/app/bus.rb", 1)
      class ManyProcsBus
        LISTENERS = []
        def initialize = @subscribers = []
        def subscribe(&block) = @subscribers << block
        def listen(&block) = LISTENERS << [block]
      end
      MANY_PROCS = ManyProcsBus.new
      def each_request(number)
        payload = "x" * 1000 + number.to_s
        MANY_PROCS.subscribe { payload }
      end
      class ManyProcsHandler
        def handle(event) = event
      end
      300.times { |i| each_request(i) }
      40.times { MANY_PROCS.listen(&ManyProcsHandler.new.method(:handle)) }
      20.times { |i| MANY_PROCS.listen(&eval("proc { i }", binding, "/srv/app/rules.rb", 7)) }
      10.times { each_request(0); MANY_PROCS.instance_variable_get(:@subscribers).pop }
      MANY_PROCS.listen(&:to_s)
    APP
    HeapDump.dump(ARGV[0], gc: false)
    exit!(0)
  RUBY

  def self.dump
    @dump ||= File.join(Dir.mktmpdir(nil, Dumps.root), "heap.json").tap do |path|
      Child.ruby!(PROGRAM, path)
    end
  end
end
