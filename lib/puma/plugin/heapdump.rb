# frozen_string_literal: true

# In puma.rb:
#
#   plugin "heapdump"
#
# and then, to choose more than HEAPDUMP_SIGNAL, HEAPDUMP_DIR, HEAPDUMP_STRINGS (default: none) and
# HEAPDUMP_COMPRESS in the environment can,
#
#   heapdump signal: "USR2", path: "/var/tmp/heap-%{pid}-%{time}.json.zst", strings: :hash

require "puma/plugin"
require "heapdump/integrations/environment"

module Puma
  # What can stand in puma.rb.
  class DSL
    # Which signal dumps the heap of a worker, where to and how: as for HeapDump.on_signal.
    def heapdump(**settings)
      HeapDump::Integrations.trigger(**settings) # what is wrong comes up here
      @options[:heapdump] = settings
    end
  end
end

# Gives workers the trigger, and a single Puma where it does not need the signal itself. The master
# of a cluster keeps its signals.
Puma::Plugin.create do
  def start(launcher)
    @settings = launcher.options[:heapdump] || {}
    trigger = HeapDump::Integrations.trigger(**@settings)
    if launcher.options[:workers].to_i.positive? then in_workers(launcher)
    elsif puma_needs?(trigger.signal) then decline(trigger.signal)
    else in_single(launcher)
    end
  end

  private

  def in_workers(launcher)
    launcher.config.configure do |user|
      hook = user.respond_to?(:before_worker_boot) ? :before_worker_boot : :on_worker_boot
      user.public_send(hook) { install(chain: false) }
    end
  end

  # Puma is done with its signals then.
  def in_single(launcher)
    events = launcher.events
    hook = events.respond_to?(:after_booted) ? :after_booted : :on_booted
    events.public_send(hook) { install }
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
