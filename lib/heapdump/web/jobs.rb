# frozen_string_literal: true

require "digest/sha2"
require "securerandom"

module HeapDump
  class Web
    # Questions are answered by jobs, so that none holds up a request: what is not answered after a
    # moment is answered when it is asked again. Who asks the same question gets the same job. A job
    # for which nobody has asked for a while is stopped; so nothing has to be sent to stop it.
    # Answers that took a while are kept for a while.
    #
    # Of questions that are known to be slow only a few run at once, no two of them about the same
    # dump, and the others wait.
    class Jobs
      AT_ONCE = 2 # slow ones
      MOST_SLOW = 16 # that run or wait
      MOST = 64 # others that run
      MOMENT = 0.1 # seconds for which a request waits for an answer
      WORTH = 0.05 # seconds that an answer took if it is worth being kept
      PATIENCE = 10 # seconds after which a job is stopped if nobody has asked for it
      KEPT = 600 # seconds for which an answer is kept
      KEPT_BYTES = 16 << 20 # of all answers that are kept
      DIGITS = 32 # of an id
      ID = Kinds::Names.new(1..1, DIGITS, "a job")

      def initialize(patience: PATIENCE, kept: KEPT, kept_bytes: KEPT_BYTES)
        @patience = patience
        @kept = kept
        @kept_bytes = kept_bytes
        @salt = SecureRandom.hex
        @mutex = Mutex.new
        @jobs = {} # by id, the oldest first
      end

      # The job for a question, after a moment. Raises Refusal if there are too many, or if it has
      # failed.
      def ask(question)
        id = Digest::SHA256.hexdigest(@salt + question.key)[0, DIGITS]
        told(@mutex.synchronize do
          forget_old
          (@jobs[id] || add(Job.new(id, question))).ask(now)
        end)
      end

      # The job with an id, after a moment. Raises Refusal if there is none, or if it has failed.
      def find(id)
        told(@mutex.synchronize do
          forget_old
          (@jobs[id] || raise(unknown)).ask(now)
        end)
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # Why a job has failed is told once; who asks again gets a new job.
      def told(job)
        job.wait(MOMENT)
        return job unless job.refusal

        @mutex.synchronize { forget(job) }
        raise job.refusal
      end

      # Another one may have its id by now.
      def forget(job)
        @jobs.delete(job.id) if @jobs[job.id].equal?(job)
      end

      def unknown
        Refusal.new(404, "no_such_job", "there is no job with that id; ask the question again")
      end

      def busy
        Refusal.new(503, "too_many_jobs", "too many questions wait for an answer; ask again later",
                    headers: { "retry-after" => "5" })
      end

      def pending
        @jobs.values.reject(&:ended?)
      end

      def add(job)
        alike = pending.count { |one| one.slow? == job.slow? }
        raise busy if alike >= (job.slow? ? MOST_SLOW : MOST)

        @jobs[job.id] = job
        start_waiting
        @watch = Thread.new { watch } unless @watch&.alive?
        job
      end

      def start_waiting
        waiting, running = pending.partition { |job| job.state == :waiting }
        slow = running.select(&:slow?)
        waiting.each do |job|
          next if job.slow? && (slow.size >= AT_ONCE || job.clashes?(slow))

          job.start(now) { @mutex.synchronize { finish(job) } }
          slow << job if job.slow?
        end
      end

      def finish(job)
        job.end_at(now)
        forget(job) if job.state == :stopped || job.ended_at - job.begun_at < WORTH
        start_waiting
      end

      # Stops jobs for which nobody asks, as long as there are jobs.
      def watch
        loop do
          sleep(@patience / 10.0)
          @mutex.synchronize do
            pending.each { |job| stop(job) if now - job.asked_at > @patience }
            return @watch = nil if pending.empty?
          end
        end
      end

      # A job that runs has a thread, which calls #finish at its end.
      def stop(job)
        waiting = job.state == :waiting
        job.stop
        finish(job) if waiting
      end

      # Forgets answers that are old, and the oldest ones if all are too large together; and what no
      # thread works out any more.
      def forget_old
        @jobs.each_value.select(&:lost?).each { |job| forget(job) }
        bytes = 0
        @jobs.values.select(&:ended_at).sort_by(&:ended_at).reverse_each do |job|
          bytes += job.result.to_s.bytesize
          forget(job) if bytes > @kept_bytes || now - job.ended_at > kept(job)
        end
      end

      # For how many seconds an answer is kept.
      def kept(job)
        [@kept, job.kept_for].compact.min
      end
    end
  end
end
