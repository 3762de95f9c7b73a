# frozen_string_literal: true

module HeapDump
  class Watch
    # Whether this process is the master of a server with workers. The heap that leaks is the
    # worker's, and a server shall not notice what happens in its master.
    module Servers # :nodoc:
      WORKER = /\A(?:puma: cluster worker|solid-queue-|(?:unicorn|pitchfork)\b.*\bworker\b)/
      MASTER = /\A(?:unicorn|pitchfork)\b.*\b(?:master|monitor|mold|service)\b/
      SILENT = %w[Unicorn::HttpServer Pitchfork::HttpServer Resque::Worker].freeze
      private_constant :WORKER, :MASTER, :SILENT

      module_function

      def worker?(title = $PROGRAM_NAME.b)
        title.match?(WORKER)
      end

      # The processes that a master of Puma forks are no masters: its workers, and those of plugins.
      def master?(title = $PROGRAM_NAME.b, forked: false)
        title.match?(MASTER) || (!forked && puma_workers.positive?)
      end

      # Whether the workers of this server end by exit!, so that nothing is called at their end.
      def silent?
        SILENT.any? { |name| Object.const_defined?(name) }
      end

      # How many workers Puma is to have; 0 if this is no Puma.
      def puma_workers
        puma = Object.const_get(:Puma) if Object.const_defined?(:Puma)
        return 0 unless puma.respond_to?(:cli_config) && puma.cli_config

        puma.cli_config.options[:workers].to_i
      rescue *Trigger::OURS
        0 # another Puma than we know
      end
    end
  end
end
