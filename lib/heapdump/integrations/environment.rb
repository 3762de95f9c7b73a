# frozen_string_literal: true

require_relative "../../heapdump"

module HeapDump
  # How servers get the trigger, for use by their configuration files.
  module Integrations
    # Disk rather than memory, on most systems.
    DIRECTORY = "/var/tmp"

    # Signals with which servers and init systems end processes, or learn of ended ones.
    VITAL = %w[CHLD CLD HUP INT QUIT TERM].freeze

    # What is not given is taken from the environment: HEAPDUMP_SIGNAL (default USR2), HEAPDUMP_DIR
    # (default /var/tmp; the file is then called heap-PID-TIME.json). Returns a HeapDump::Trigger
    # that is not installed yet.
    #
    # In forked workers +chain+ has to be false: the handler that is there is their master's, and
    # acts on pipes that they share. Puma's raises where the worker is just writing to one, and ends
    # it.
    def self.trigger(signal: nil, path: nil, **options)
      signal ||= from_environment("HEAPDUMP_SIGNAL", "USR2")
      path ||= File.join(from_environment("HEAPDUMP_DIR", DIRECTORY), "heap-%{pid}-%{time}.json")
      trigger = Trigger.new(signal, path: path, **options)
      return trigger unless VITAL.include?(trigger.signal)

      raise ArgumentError, "a server needs SIG#{trigger.signal} itself; choose another signal " \
                           "for dumps, as USR2 or URG"
    end

    def self.from_environment(name, default)
      value = ENV.fetch(name, "")
      value.empty? ? default : value
    end
    private_class_method :from_environment
  end
end
