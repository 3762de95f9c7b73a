# frozen_string_literal: true

module HeapDump
  class Watch
    # One process at a time dumps into a directory. The lock ends with the process that has it. Its
    # open file can be given to another process, which then has the lock until it ends.
    class Lock # :nodoc:
      NAME = "lock"

      attr_reader :file

      def initialize(directory, name = NAME)
        @path = File.join(directory, name)
      end

      # True if this process has the lock now, false if another one has it. Raises SystemCallError
      # where there are no locks (some network file systems) or the file cannot be made.
      def take
        return true if @file

        file = File.new(@path, File::RDWR | File::CREAT | File::NOFOLLOW, 0o600)
        @file = file if file.flock(File::LOCK_EX | File::LOCK_NB)
        !@file.nil?
      ensure
        file&.close unless @file
      end

      def taken?
        !@file.nil?
      end

      # Also if children that were forked meanwhile still have the file open.
      def release
        @file&.flock(File::LOCK_UN)
        forget
      end

      # In a forked child the lock is still that of the parent, which must not lose it.
      def forget
        @file&.close
        @file = nil
      rescue SystemCallError, IOError
        @file = nil # something has closed the descriptor; the lock is gone with it
      end
    end
  end
end
