# frozen_string_literal: true

module HeapDump
  # Dumps that somebody asks for from afar: a request is put on a bus (a shared directory, a
  # database), processes with a watch that it is meant for take a part in it, and tell of each step
  # there. `heapdump ask` is the other end.
  #
  # Who may write to a bus may have dumps made; contents of strings are in them only if the watch
  # itself allows that.
  module Asking # :nodoc:
    autoload :Address, "#{__dir__}/asking/address"
    autoload :Request, "#{__dir__}/asking/request"
    autoload :Who, "#{__dir__}/asking/who"
    autoload :Part, "#{__dir__}/asking/part"
    autoload :Desk, "#{__dir__}/asking/desk"
    autoload :Lease, "#{__dir__}/asking/lease"
    autoload :Tracing, "#{__dir__}/asking/tracing"
    autoload :Progress, "#{__dir__}/asking/progress"
    autoload :FileBus, "#{__dir__}/asking/file_bus"
    autoload :SocketBus, "#{__dir__}/asking/socket_bus"
    autoload :PostgresBus, "#{__dir__}/asking/postgres_bus"
    autoload :SidekiqSignals, "#{__dir__}/asking/sidekiq_signals"
    autoload :Courier, "#{__dir__}/asking/courier"

    # By which Sidekiq asks a process; it is ignored where nobody waits for it.
    SIGNAL = "URG" # :nodoc:

    # So many bytes by chance, as hexadecimal digits.
    def self.chance(bytes) # :nodoc:
      Random.urandom(bytes).unpack1("H*")
    end

    # Loads a gem that an application need not have. Raises LoadError, with what to do.
    def self.need(gem, purpose) # :nodoc:
      require gem
    rescue LoadError
      raise LoadError, "#{purpose} the gem #{gem} is needed: add gem \"#{gem}\" to the Gemfile"
    end

    # A bus cannot be reached, or does not do what it is asked. The message has no credentials.
    class Down < Error; end # :nodoc:
  end
end
