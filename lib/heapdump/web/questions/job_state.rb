# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The answer of a job, or how far it is.
      class JobState < Question
        takes :id, Jobs::ID, required: true

        # It has been asked already, so this is no new job.
        def job
          @jobs.find(given[:id])
        end
      end
    end
  end
end
