# frozen_string_literal: true

require "support/watching"
require "heapdump/asking"

# Several watches on made-up machines, which can be asked over a bus.
module Fleet
  include Watching

  # A process of the fleet: its engine, its dumps (Pendings) and its machine.
  Member = Struct.new(:machine, :begun, :engine)

  def store
    @store ||= File.join(scratch, "store").tap { |path| FileUtils.mkdir_p(path) }
  end

  def address
    "file:#{store}"
  end

  # +fails+: what a dump raises.
  def member(pid, host: "web-1", fails: nil, ask: address, **options)
    tree.process(pid)
    machine = Watching::Machine.new(tree.root, pid: pid)
    machine.host = host
    machine.time = Time.now.utc
    begun = []
    dumper = lambda do |path, **given|
      raise fails if fails

      begun << Watching::Pending.new(path, given)
      begun.last
    end
    heaps = File.join(scratch, "heaps-#{host}-#{pid}")
    watch = engine(machine: machine, dumper: dumper, to: heaps, **options) { |on| on.ask(ask) }
    Member.new(machine, begun, watch).tap { |one| (@fleet ||= []) << one }
  end

  # What traces allocations for a request ends with the test.
  def teardown
    @fleet&.each { |one| one.engine.stop }
    super
  end

  # All look, in turn, and their dumps end.
  def look_all(members, seconds = 0)
    members.each do |one|
      one.machine.pass(seconds)
      one.engine.look
      one.begun.each { |pending| pending.finish unless pending.done? }
      one.engine.look
    end
  end

  def bus
    @bus ||= HeapDump::Asking::Address.parse(address).bus
  end

  def request(**given)
    HeapDump::Asking::Request.make(**given).tap { |request| bus.publish(request) }
  end

  def steps(request)
    bus.steps(request.id).map { |step| step.values_at("pid", "state") }
  end

  def progress(request)
    HeapDump::Asking::Progress.new(request, bus.steps(request.id), bus.cancelled?(request.id))
  end
end
