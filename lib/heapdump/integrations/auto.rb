# frozen_string_literal: true

require_relative "environment"

module HeapDump
  module Integrations
    # Installs the trigger in a program that was not changed for it.
    #
    # A server traps its signals after this file was loaded, so its handler replaces ours if it uses
    # the signal. That is right for the master of a server, which restarts at USR2. Every process
    # that it forks gets our handler again. Workers of Unicorn and Pitchfork reset their signals
    # after the fork; their own hook runs after that, so it is extended.
    module Auto
      # Classes of servers that have such a hook, and the attribute with the hook.
      HOOKS = { "Unicorn::HttpServer" => :after_fork,
                "Pitchfork::HttpServer" => :after_worker_fork }.freeze

      # Calls Auto.after_fork in forked children, by the method that Ruby provides for this.
      module Fork
        def _fork
          super.tap { |pid| Auto.after_fork if pid.zero? }
        end
      end

      class << self
        # The handler is not announced: another process might send the signal after the server has
        # replaced the handler.
        def start
          @trigger = Integrations.trigger(announce: false).install
          Process.singleton_class.prepend(Fork)
        end

        # Runs in a forked child.
        def after_fork
          install
          extend_hooks
        rescue StandardError => e
          warn "heapdump: no signal dumps the heap of process #{Process.pid}: #{e.message}"
        end

        private

        # Installs the trigger, unless the program has since chosen its own by HeapDump.on_signal.
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
