# frozen_string_literal: true

require_relative "../../heapdump"

module HeapDump
  # How servers get a trigger, for use in their configuration files.
  module Integrations
    # A directory that is on a disk and not in memory, on most systems.
    DIRECTORY = "/var/tmp"

    # Signals by which servers and init systems end processes, or learn that a process has ended.
    VITAL = %w[CHLD CLD HUP INT QUIT TERM].freeze

    # Raises NameError if this is the configuration file of the server +other+ and not of +own+.
    def self.refuse_other(own, other, hook) # :nodoc:
      return if Object.const_defined?("#{own}::Configurator")
      return unless Object.const_defined?("#{other}::Configurator")

      raise NameError, "HeapDump::#{own} is not for #{other}; require " \
                       "\"heapdump/integrations/#{other.downcase}\" and write " \
                       "#{hook}(&HeapDump::#{other}.#{hook})"
    end

    # Endings of file names, by the compression.
    ENDINGS = { "zstd" => ".zst", "gzip" => ".gz", "none" => "" }.freeze
    private_constant :ENDINGS

    # Returns a HeapDump::Trigger that is not installed yet. An argument that is not given comes
    # from the environment: HEAPDUMP_SIGNAL (default USR2), HEAPDUMP_DIR (default /var/tmp),
    # HEAPDUMP_STRINGS (full, none, hash or a number; default none) and HEAPDUMP_COMPRESS (zstd,
    # gzip or none; default zstd, or gzip where libzstd cannot be loaded). The file is then called
    # heap-PID-TIME.json, with .zst or .gz if it is compressed. Raises ArgumentError for a signal of
    # VITAL and for a wrong value.
    #
    # Nobody watches when a server dumps, and its disk may be part of a backup. So contents of
    # strings are left out unless they are asked for.
    #
    # In forked workers +chain+ has to be false: the previous handler is the master's, and acts on
    # pipes that master and workers share. Puma's handler raises if the worker is just writing to
    # such a pipe, which ends the worker.
    def self.trigger(signal: nil, path: nil, **options)
      signal ||= from_environment("HEAPDUMP_SIGNAL", "USR2")
      options[:strings] = strings unless options.key?(:strings)
      path ||= path_for(options[:compress])
      trigger = Trigger.new(signal, path: path, **options)
      return trigger unless VITAL.include?(trigger.signal)

      raise ArgumentError, "a server needs SIG#{trigger.signal} itself; choose another signal " \
                           "for dumps, as USR2 or URG"
    end

    def self.path_for(compress)
      File.join(from_environment("HEAPDUMP_DIR", DIRECTORY),
                "heap-%{pid}-%{time}.json#{ending(compress)}")
    end
    private_class_method :path_for

    # The ending of the file name. +compress+ is the option of that name, nil if it is not given.
    def self.ending(compress)
      chosen = from_environment("HEAPDUMP_COMPRESS", nil) if compress.nil?
      chosen ||= compress.nil? ? default_compression : compress || "none"
      ENDINGS.fetch(chosen.to_s) do
        next "" unless compress.nil? # the check of the option reports it

        raise ArgumentError, "HEAPDUMP_COMPRESS must be zstd, gzip or none, not #{chosen.inspect}"
      end
    end
    private_class_method :ending

    def self.default_compression
      ENDINGS.key(Compression.best) || "none"
    end
    private_class_method :default_compression

    # The value of HEAPDUMP_STRINGS.
    def self.strings(default = "none") # :nodoc:
      value = from_environment("HEAPDUMP_STRINGS", default)
      return value.to_sym if %w[full none hash].include?(value)
      return Integer(value, 10) if value.match?(/\A\d+\z/)

      raise ArgumentError, "HEAPDUMP_STRINGS must be full, none, hash or a number of bytes, " \
                           "not #{value.inspect}"
    end

    def self.from_environment(name, default) # :nodoc:
      value = ENV.fetch(name, "")
      value.empty? ? default : value
    end
  end
end
