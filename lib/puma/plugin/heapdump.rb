# frozen_string_literal: true

# In puma.rb:
#
#   plugin "heapdump"
#
# and, to set more than HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS (default: none) and
# HEAPDUMP_COMPRESS in the environment can set,
#
#   heapdump signal: "USR2", path: "/var/tmp/heap-%{pid}-%{time}.json.zst", strings: :hash
#
# To watch the workers, or a Puma without workers (the same as HEAPDUMP_WATCH=1):
#
#   heapdump_watch at_most: 3

require "puma/plugin"
require "heapdump/integrations/environment"
require "heapdump/integrations/puma_hooks"
require "heapdump/integrations/watching"

module Puma
  # Adds methods to the configuration language of puma.rb.
  class DSL
    # Chooses the signal that dumps the heap of a worker, the path and the options: the arguments
    # are those of HeapDump.on_signal.
    def heapdump(**settings)
      HeapDump::Integrations.trigger(**settings) # raises for wrong arguments here already
      @options[:heapdump] = settings
    end

    # Watches each worker: the arguments are those of HeapDump.watch.
    def heapdump_watch(**settings, &block)
      HeapDump::Integrations::Watching.check(settings, block) # raises here already
      @options[:heapdump_watch] = [settings, block]
    end
  end
end

# Installs the trigger in workers, and in a Puma without workers if it does not need the signal
# itself. The master of a cluster keeps its own signals.
Puma::Plugin.create do
  include HeapDump::Integrations::PumaHooks

  def start(launcher)
    @settings = launcher.options[:heapdump] || {}
    watch_in(launcher)
    trigger = HeapDump::Integrations.trigger(**@settings)
    if launcher.options[:workers].to_i.positive? then in_workers(launcher)
    elsif puma_needs?(trigger.signal) then decline(trigger.signal)
    else in_single(launcher)
    end
  end

  private

  def watch_in(launcher)
    settings, block = launcher.options[:heapdump_watch]
    settings ||= {} if HeapDump::Integrations::Watching.wanted?
    return unless settings

    start = -> { HeapDump::Integrations::Watching.start(settings, block) }
    return after_booted(launcher, &start) unless launcher.options[:workers].to_i.positive?

    worker_hook(launcher, "worker_boot", &start)
    worker_hook(launcher, "worker_shutdown") { HeapDump::Integrations::Watching.close }
  end

  def in_workers(launcher)
    worker_hook(launcher, "worker_boot") { install(chain: false) }
  end

  # Installs the trigger after Puma has set its own signals.
  def in_single(launcher)
    after_booted(launcher) { install }
  end

  def install(**more)
    HeapDump::Integrations.trigger(**@settings, **more).install
  end

  def puma_needs?(signal)
    return ENV["PUMA_SKIP_SIGUSR2"].nil? if signal == "USR2"

    %w[USR1 INFO PWR].include?(signal)
  end

  def decline(signal)
    warn "heapdump: Puma itself uses SIG#{signal} (no workers are configured), so no signal " \
         "dumps the heap; choose another one: heapdump signal: \"URG\" in puma.rb, or " \
         "HEAPDUMP_SIGNAL=URG"
  end
end
