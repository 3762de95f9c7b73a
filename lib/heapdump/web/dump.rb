# frozen_string_literal: true

require "digest/sha2"

module HeapDump
  class Web
    # One of the dumps: its file, whether it is open, and the Opened.
    class Dump
      DIGITS = 16 # of an id
      AGAIN = 10 # seconds after which it is tried again if what was wrong may have passed

      # The id, which is the same as long as the file has this path (String).
      attr_reader :id
      # The path as it was given (String).
      attr_reader :path
      # One of +:closed+, +:waiting+ (for its turn), +:opening+, +:open+, +:failed+.
      attr_reader :state
      # Why it could not be opened, in a sentence (String), nil unless that is so.
      attr_reader :error
      # The Opened, nil unless it is open.
      attr_reader :opened
      # A fault of ours that has kept it from being opened, for whoever runs the server (Exception),
      # nil unless there is one.
      attr_reader :fault

      def initialize(path, again: AGAIN)
        @path = path
        @again = again
        @id = Digest::SHA256.hexdigest(path)[0, DIGITS]
        @state = :closed
      end

      # Its name without the directory.
      def name
        Terminal::Text.safe(File.basename(path))
      end

      # The size of the file in bytes, 0 if there is none.
      def bytes
        File.size?(path).to_i
      end

      # What is the same for the same file as it is now, and for no other (String).
      def key
        "#{id} #{identity}"
      end

      # It is to be opened.
      def wait
        @state = :waiting
        @error = @fault = @again_at = nil
      end

      # Reads the dump. +options+ are those of Snapshot.new.
      def open(**options)
        @identity = identity
        @state = :opening
        @reading = Snapshot.new(path, **options)
        @opened = Opened.new(@reading.load.prepare, "#{id} #{@identity}")
        @state = :open
      rescue Error, SystemCallError, NoMemoryError => e
        fail_with(e)
      rescue StandardError, SystemStackError => e
        @fault = e
      ensure
        fail_with(nil) if @state == :opening
        @reading = nil
      end

      # Forgets what was read.
      def close
        @opened = nil
        @state = :closed
      end

      # Whether another file has taken the path since it was read, or what has failed may go well
      # now.
      def stale?
        return true if @state == :failed && @again_at && now > @again_at

        %i[open failed].include?(@state) && identity != @identity
      end

      # Whether it is neither open nor to be opened, and has not failed.
      def closed?
        @state == :closed
      end

      # Whether there is nothing to wait for.
      def settled?
        !%i[waiting opening].include?(@state)
      end

      # How far opening is, as Snapshot#progress.
      def progress
        @reading&.progress
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # What another file would not have in common with it. A pipe is another one with each byte
      # that is written to it, and what was read is all there was.
      def identity
        stat = File.stat(path)
        return stat.ftype unless stat.file?

        [stat.dev, stat.ino, stat.size, stat.mtime.to_r].join(" ")
      rescue SystemCallError
        nil
      end

      # Whatever is not wrong with the file itself may pass: a lack of memory, of rights.
      def fail_with(error)
        @error = error ? sentence(error) : "it could not be read"
        @again_at = now + @again unless [NotADump, Corrupt].include?(error.class)
        @state = :failed
      end

      def sentence(error)
        error.is_a?(SystemCallError) ? Terminal::Trouble.sentence(error) : error.message
      end
    end
  end
end
