# frozen_string_literal: true

module HeapDump
  class Watch
    # A small file of the kernel that is read at each look. It stays open, because to open it takes
    # six times as long as to read it.
    #
    # A program that becomes a daemon closes descriptors that are not its own, and may then get
    # another file by the same number. So the descriptor is asked each time which file it is. One
    # that is another file's is neither read nor closed. A file that has gone is opened again, as
    # there may be a new one.
    class KeptFile # :nodoc:
      MOST = 4096 # bytes; what is sought is at the beginning
      private_constant :MOST

      def initialize(path)
        @path = path
        @text = String.new(capacity: MOST)
      end

      # Its text (String), which the next call changes; nil if it cannot be read.
      def read
        stat = @file&.stat
        return read_anew unless stat && stat.ino == @inode && stat.dev == @device && stat.nlink != 0

        @file.pread(MOST, 0, @text)
      rescue SystemCallError, IOError
        read_anew # somebody has closed it, or what it tells of has gone
      end

      # The open file (IO), whose position nobody uses; nil if the last call has not read it.
      def io
        @file
      end

      def close
        file = @file or return
        file.autoclose = false # also if nobody can say whose it is
        file.autoclose = mine?(file.stat)
        file.close
      rescue SystemCallError, IOError
        nil # somebody else has closed it
      ensure
        @file = nil
      end

      private

      def read_anew
        close
        @file = File.new(@path, "rb")
        stat = @file.stat
        @inode = stat.ino
        @device = stat.dev
        @file.pread(MOST, 0, @text)
      rescue SystemCallError, IOError
        close # returns nil
      end

      def mine?(stat)
        stat.ino == @inode && stat.dev == @device
      end
    end
  end
end
