# frozen_string_literal: true

require_relative "environment"

module HeapDump
  # For the configuration file of Unicorn. Workers reset the signals of their master after the fork,
  # so only now can they be given a handler.
  #
  #   require "heapdump/integrations/unicorn"
  #   after_fork(&HeapDump::Unicorn.after_fork)
  #
  # Where there is an after_fork hook of your own, call HeapDump.on_signal in it.
  module Unicorn
    # The hook (Proc). Arguments: +signal+, +path+ and options as for HeapDump.on_signal, but with
    # <tt>strings: :none</tt> by default. What is not given can come from the environment, as
    # HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS and HEAPDUMP_COMPRESS. Raises what
    # HeapDump.on_signal does, and ArgumentError for a signal that the server needs itself.
    #
    #   after_fork(&HeapDump::Unicorn.after_fork(signal: "URG"))
    def self.after_fork(**options)
      Integrations.refuse_other("Unicorn", "Pitchfork", "after_worker_fork")
      Integrations.trigger(**options) # what is wrong comes up in the master
      lambda do |server, worker|
        ::Unicorn::Configurator::DEFAULTS[:after_fork].call(server, worker) # logs the new worker
        Integrations.trigger(**options).install
      end
    end

    def self.after_worker_fork(**) # :nodoc:
      raise NoMethodError, "after_worker_fork is not the hook for Unicorn; write in unicorn.rb: " \
                           "after_fork(&HeapDump::Unicorn.after_fork)"
    end
  end
end
