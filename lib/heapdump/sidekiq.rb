# frozen_string_literal: true

require_relative "work"

module HeapDump
  # Middleware for the server of Sidekiq (6.5 to 8): counts jobs by their class, also those of
  # ActiveJob (do not count them by HeapDump::ActiveJob as well).
  #
  #   Sidekiq.configure_server do |config|
  #     config.server_middleware { |chain| chain.prepend HeapDump::Sidekiq }
  #     config.on(:shutdown) { HeapDump::Watch.current&.close }
  #   end
  class Sidekiq
    # Runs the job, and returns what it returns. The arguments are those of Sidekiq: the instance,
    # the job (a Hash) and the name of the queue.
    def call(_instance, job, _queue)
      yield
    ensure
      Work.count(:jobs, (job["wrapped"] || job["class"]).to_s)
    end
  end
end
