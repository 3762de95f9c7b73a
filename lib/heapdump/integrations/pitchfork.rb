# frozen_string_literal: true

require_relative "environment"
require_relative "watching"

module HeapDump
  # For the configuration file of Pitchfork. Workers reset the signals that they got from their mold
  # after the fork, so they can be given a handler only in this hook.
  #
  #   require "heapdump/integrations/pitchfork"
  #   after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)
  #
  # If you have an after_worker_fork hook of your own, call HeapDump.on_signal in it.
  module Pitchfork
    # Returns the hook (Proc). The arguments are +signal+, +path+ and the options of
    # HeapDump.on_signal, but <tt>strings: :none</tt> is the default. An argument that is not given
    # comes from the environment: HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS and
    # HEAPDUMP_COMPRESS. Raises what HeapDump.on_signal does, and ArgumentError for a signal that
    # the server needs itself.
    #
    # With +watch+, workers are watched, too: true, or the options of HeapDump.watch. It is true if
    # HEAPDUMP_WATCH is set.
    #
    #   hook = HeapDump::Pitchfork.after_worker_fork(signal: "URG", watch: { at_most: 3 })
    #   after_worker_fork(&hook)
    def self.after_worker_fork(watch: Integrations::Watching.wanted?, **options)
      watch = {} if watch == true
      Integrations::Watching.check(watch) if watch
      Integrations.refuse_other("Pitchfork", "Unicorn", "after_fork")
      Integrations.trigger(**options) # raises for wrong arguments in the monitor already
      lambda do |server, worker|
        refuse("after_mold_fork") if worker.respond_to?(:mold?) && worker.mold?
        ::Pitchfork::Configurator::DEFAULTS[:after_worker_fork].call(server, worker)
        Integrations.trigger(**options).install
        Integrations::Watching.start(watch) if watch
      end
    end

    # The hooks of Unicorn and of Pitchfork's molds are refused.
    %i[after_fork after_mold_fork].each do |name|
      define_singleton_method(name) { |**| refuse(name) } # :nodoc:
    end

    def self.refuse(name)
      raise NoMethodError, "#{name} is not the hook for Pitchfork; write in pitchfork.rb: " \
                           "after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)"
    end
    private_class_method :refuse
  end
end
