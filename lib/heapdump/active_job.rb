# frozen_string_literal: true

require_relative "work"

module HeapDump
  # Counts jobs by their class, whatever runs them (Solid Queue, GoodJob …).
  #
  #   ActiveJob::Base.include HeapDump::ActiveJob
  module ActiveJob
    # Adds the callback to a class of jobs.
    def self.included(base) # :nodoc:
      super
      base.around_perform do |job, block|
        block.call
      ensure
        Work.count(:jobs, job.class.name.to_s)
      end
    end
  end
end
