# frozen_string_literal: true

module HeapDump
  module Ship
    # One process at a time ships from a directory. The lock ends with the process that has it,
    # however that ends.
    class Lock # :nodoc:
      NAME = "ship.lock"
      # Seconds to wait for a process that is about to end: it may have looked for dumps for the
      # last time.
      PATIENCE = 5
      FLAGS = File::RDWR | File::CREAT | File::NOFOLLOW
      LOOK = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      private_constant :PATIENCE, :FLAGS, :LOOK

      # Whether a process has the lock of the file +path+, as far as this user may know.
      def self.held?(path)
        File.open(path, LOOK) { |file| !file.flock(File::LOCK_SH | File::LOCK_NB) }
      rescue SystemCallError
        false
      end

      def initialize(directory, patience: PATIENCE)
        @directory = directory
        @path = File.join(directory, NAME)
        @patience = patience
      end

      # Yields while this process has the lock. Raises HeapDump::Error if another one has it.
      def hold
        @file = take
        say_who
        yield
      ensure
        release if @file
      end

      # Takes the lock again if somebody has removed its file, as those do who clean up /var/tmp.
      # Raises HeapDump::Error if another process was faster, and SystemCallError.
      def renew
        return if File.identical?(@file, @path)

        fresh = take
        @file.close
        @file = fresh
        say_who
      end

      # The number of the process that has the lock (Integer), nil if none has it, :unknown if the
      # file is that of another user.
      def holder
        File.open(@path, LOOK) do |file|
          next if file.flock(File::LOCK_SH | File::LOCK_NB)

          file.read.to_i
        end
      rescue Errno::EACCES
        :unknown
      rescue SystemCallError
        nil
      end

      private

      def take
        deadline = now + @patience
        loop do
          file = open_file
          return file if locked?(file)

          holder = file.read.to_i
          file.close
          raise Error, busy(holder) if now > deadline

          sleep 0.05
        end
      end

      def open_file
        File.new(@path, FLAGS, 0o600)
      rescue Errno::EACCES, Errno::EROFS, Errno::EPERM => e
        raise Error, "#{@path} cannot be written: #{Terminal::Trouble.words(e)}; heapdump ship " \
                     "notes in this directory what it has shipped, always as the same user"
      end

      # The file may have been removed by the process that had the lock until now.
      def locked?(file)
        file.flock(File::LOCK_EX | File::LOCK_NB) && File.identical?(file, @path)
      rescue Errno::ENOLCK, Errno::EOPNOTSUPP
        file.close
        raise Error, "the file system of #{@directory} has no locks, so two processes could ship " \
                     "the same dumps"
      end

      def say_who
        @file.truncate(0)
        @file.syswrite("#{Process.pid}\n")
      rescue Errno::ENOSPC, Errno::EDQUOT
        nil # the lock is there all the same
      end

      # The file goes before the lock does, so that nobody removes that of another process.
      def release
        File.unlink(@path) if File.identical?(@file, @path)
      rescue SystemCallError
        nil
      ensure
        @file.close
        @file = nil
      end

      def busy(holder)
        "process #{holder} ships the dumps of #{@directory} already"
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
