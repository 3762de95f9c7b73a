# frozen_string_literal: true

require_relative "environment"

module HeapDump
  module Integrations
    # The trigger for a program that knows nothing of it.
    #
    # A server traps its signals after this was loaded, and so takes ours if it uses it; that is
    # right in its master, which restarts at USR2. What it forks is given the handler again. Unicorn
    # and Pitchfork reset signals after the fork; their own hook is called after that.
    module Auto
      # Classes of servers with such a hook (an attribute).
      HOOKS = { "Unicorn::HttpServer" => :after_fork,
                "Pitchfork::HttpServer" => :after_worker_fork }.freeze

      # Calls us in forked children, as Ruby means it to be done.
      module Fork
        def _fork
          super.tap { |pid| Auto.after_fork if pid.zero? }
        end
      end

      class << self
        # Other processes are not told of this handler: they might send the signal to a server that
        # has taken it since.
        def start
          @trigger = Integrations.trigger(announce: false).install
          Process.singleton_class.prepend(Fork)
        end

        # In a forked child.
        def after_fork
          install
          extend_hooks
        rescue StandardError => e
          warn "heapdump: no signal dumps the heap of process #{Process.pid}: #{e.message}"
        end

        private

        # Leaves alone what the program has chosen itself by HeapDump.on_signal.
        def install
          return if @trigger && !@trigger.installed?

          @trigger = Integrations.trigger(chain: false).install
        end

        def extend_hooks
          HOOKS.each do |name, hook|
            next unless Object.const_defined?(name)

            ObjectSpace.each_object(Object.const_get(name)) { |server| extend_hook(server, hook) }
          end
        end

        def extend_hook(server, hook)
          before = server.public_send(hook)
          return if !before || @extended.equal?(before)

          @extended = lambda do |*arguments|
            before.call(*arguments)
            install
          end
          server.public_send("#{hook}=", @extended)
        end
      end
    end
  end
end
