# frozen_string_literal: true

require_relative "environment"
require_relative "watching"

module HeapDump
  # For the configuration file of Unicorn. Workers reset the signals that they got from their master
  # after the fork, so they can be given a handler only in this hook.
  #
  #   require "heapdump/integrations/unicorn"
  #   after_fork(&HeapDump::Unicorn.after_fork)
  #
  # If you have an after_fork hook of your own, call HeapDump.on_signal in it.
  module Unicorn
    # Returns the hook (Proc). The arguments are +signal+, +path+ and the options of
    # HeapDump.on_signal, but <tt>strings: :none</tt> is the default. An argument that is not given
    # comes from the environment: HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS and
    # HEAPDUMP_COMPRESS. Raises what HeapDump.on_signal does, and ArgumentError for a signal that
    # the server needs itself.
    #
    # With +watch+, workers are watched, too: true, or the options of HeapDump.watch. It is true if
    # HEAPDUMP_WATCH is set.
    #
    #   after_fork(&HeapDump::Unicorn.after_fork(signal: "URG", watch: { at_most: 3 }))
    def self.after_fork(watch: Integrations::Watching.wanted?, **options)
      watch = {} if watch == true
      Integrations::Watching.check(watch) if watch
      Integrations.refuse_other("Unicorn", "Pitchfork", "after_worker_fork")
      Integrations.trigger(**options) # raises for wrong arguments in the master already
      lambda do |server, worker|
        ::Unicorn::Configurator::DEFAULTS[:after_fork].call(server, worker) # logs the new worker
        Integrations.trigger(**options).install
        Integrations::Watching.start(watch) if watch
      end
    end

    def self.after_worker_fork(**) # :nodoc:
      raise NoMethodError, "after_worker_fork is not the hook for Unicorn; write in unicorn.rb: " \
                           "after_fork(&HeapDump::Unicorn.after_fork)"
    end
  end
end
