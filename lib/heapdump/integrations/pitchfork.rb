# frozen_string_literal: true

require_relative "environment"

module HeapDump
  # For the configuration file of Pitchfork. Workers reset the signals of their mold after the fork,
  # so only now can they be given a handler.
  #
  #   require "heapdump/integrations/pitchfork"
  #   after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)
  #
  # Where there is an after_worker_fork hook of your own, call HeapDump.on_signal in it.
  module Pitchfork
    # The hook (Proc). Arguments: +signal+, +path+ and options as for HeapDump.on_signal, but with
    # <tt>strings: :none</tt> by default. What is not given can come from the environment, as
    # HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS and HEAPDUMP_COMPRESS. Raises what
    # HeapDump.on_signal does, and ArgumentError for a signal that the server needs itself.
    #
    #   after_worker_fork(&HeapDump::Pitchfork.after_worker_fork(signal: "URG"))
    def self.after_worker_fork(**options)
      Integrations.refuse_other("Pitchfork", "Unicorn", "after_fork")
      Integrations.trigger(**options) # what is wrong comes up in the monitor
      lambda do |server, worker|
        refuse("after_mold_fork") if worker.respond_to?(:mold?) && worker.mold?
        ::Pitchfork::Configurator::DEFAULTS[:after_worker_fork].call(server, worker)
        Integrations.trigger(**options).install
      end
    end

    # These are hooks of Unicorn, and of Pitchfork's molds.
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
