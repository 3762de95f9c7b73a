# frozen_string_literal: true

module HeapDump
  class Web
    # The answer to a question, while it is worked out and after that.
    class Job
      # Ends a job that runs. It is held back while the end of a job is noted, which has to come
      # about whatever happens.
      class Stop < Exception; end # rubocop:disable Lint/InheritException
      private_constant :Stop

      # What the job is called (String of hexadecimal digits).
      attr_reader :id
      # One of +:waiting+ (for its turn), +:running+, +:done+, +:failed+, +:stopped+.
      attr_reader :state
      # The answer in JSON (String), nil until it is done.
      attr_reader :result
      # Why it has no answer (Refusal), nil unless it has failed.
      attr_reader :refusal
      # For how many seconds its answer may be kept (Integer), nil if that does not matter.
      attr_reader :kept_for
      # When somebody last asked for it, when it began and when it ended (Float, in seconds).
      attr_reader :asked_at, :begun_at, :ended_at

      def initialize(id, question)
        @id = id
        @question = question
        @slow = question.slow?
        @kept_for = question.kept_for
        @state = :waiting
      end

      # Whether it has to wait for its turn.
      def slow?
        @slow
      end

      # Somebody asks for it.
      def ask(now)
        @asked_at = now
        self
      end

      # Whether it needs a dump that others are busy with.
      def clashes?(others)
        others.any? { |one| one.dumps.intersect?(dumps) }
      end

      # The dumps that it needs (Array of Opened), none when it has ended.
      def dumps
        @question ? @question.opened : []
      end

      # Works it out in a thread of its own, which calls the block at the end, whatever comes of it.
      def start(now)
        @begun_at = now
        @state = :running
        @thread = Thread.handle_interrupt(Stop => :never) do
          Thread.new do
            Thread.handle_interrupt(Stop => :immediate) { work }
          rescue Stop
            nil # it is stopped
          ensure
            yield
          end
        end
      end

      # Waits for its end, or for so many seconds.
      def wait(seconds)
        @thread&.join(seconds)
      end

      # Ends it.
      def stop
        @state = :stopped unless ended?
        @thread&.raise(Stop)
      end

      # Whether its thread is gone, as in a process that was forked meanwhile.
      def lost?
        state == :running && !@thread.alive?
      end

      def ended?
        %i[done failed stopped].include?(state)
      end

      # Notes the end, and lets go of the dumps.
      def end_at(now)
        @state = :stopped unless ended?
        @ended_at = now
        @question = nil
      end

      # For JSON.
      def to_h
        work, done, all = @question&.progress if state == :running
        { id: id, state: state.to_s, work: work, done: done, of: all }
      end

      private

      def work
        @result = Reply.text(@question.answer).freeze
        @state = :done
      rescue Refusal => e
        refuse(e)
      rescue Error => e
        refuse(Refusal.new(422, "no_answer", e.message))
      rescue NoMemoryError => e
        refuse(Refusal.new(503, "no_memory", "there is not enough memory for this question",
                           error: e))
      rescue StandardError, ScriptError, SystemStackError => e
        refuse(Refusal.failed(e))
      end

      def refuse(refusal)
        @refusal = refusal
        @state = :failed
      end
    end
  end
end
