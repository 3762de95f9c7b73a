# frozen_string_literal: true

module HeapDump
  module Integrations
    # Puma's hooks, by their names in this version of Puma.
    module PumaHooks # :nodoc:
      private

      # before_worker_boot, or on_worker_boot of Puma before 7; the same for worker_shutdown.
      def worker_hook(launcher, name, &block)
        launcher.config.configure do |user|
          hook = user.respond_to?("before_#{name}") ? "before_#{name}" : "on_#{name}"
          user.public_send(hook) { block.call }
        end
      end

      def after_booted(launcher, &block)
        events = launcher.events
        hook = events.respond_to?(:after_booted) ? :after_booted : :on_booted
        events.public_send(hook) { block.call }
      end
    end
  end
end
