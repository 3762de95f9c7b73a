# frozen_string_literal: true

require_relative "../whole_file"

module HeapDump
  module Asking
    # The places of a request in a directory: a file for each that is taken, with the name of the
    # process. Who has one gives signs of life by its time of change. If there is none for
    # Lease::TIME, by the clock of whoever looks on, another process may have the place; a lock sees
    # to it that no sign comes at that moment. Methods raise SystemCallError.
    class Places # :nodoc:
      # Nothing waits, whatever somebody has put there, as a FIFO.
      READ = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      NEW = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
      LOCK = File::WRONLY | File::CREAT | File::APPEND | File::NOFOLLOW | File::NONBLOCK
      # What is no file that this user may read.
      NONE = [Errno::ENOENT, Errno::ENOTDIR, Errno::EISDIR, Errno::ELOOP, Errno::EACCES,
              Errno::ENXIO].freeze
      MOST = 1024 # bytes of a name
      TRIES = 50 # for the lock, which nobody has for longer than it takes to read a small file
      STEP = 0.002 # seconds between them
      private_constant :READ, :NEW, :LOCK, :NONE, :MOST, :TRIES, :STEP

      # The bytes of a file; nil if there is none.
      def self.read(path, most)
        File.open(path, READ) { |file| file.read(most) if file.stat.file? }
      rescue *NONE
        nil
      end

      def initialize(directory)
        @directory = directory
        @signs = {} # of each place, and since when it is the last one
      end

      # Returns the number of a place that is free or abandoned; nil if there is none. One that
      # cannot be written, as on a full disk, is as it was.
      def claim(count, name)
        there = Dir.children(@directory)
        taken, free = (1..count).partition { |place| there.include?(File.basename(file(place))) }
        free.find { |place| occupy(file(place), name) } ||
          taken.reject { |place| there.include?(File.basename(kept(place))) }
               .find { |place| inherit(place, name) }
      end

      # Returns whether the place is that of +name+; nil if somebody else has the lock.
      def renewed?(place, name)
        locked do
          mine = held?(place, name)
          File.utime(nil, nil, file(place)) if mine
          mine
        end
      rescue Errno::ENOENT
        false # the request is gone
      end

      # Nobody inherits it any more.
      def keep(place, name)
        File.new(kept(place), NEW, 0o600).close if held?(place, name)
      rescue Errno::EEXIST, Errno::ENOENT
        nil
      end

      def free(place, name)
        locked do
          File.unlink(file(place)) if held?(place, name)
          true
        end or raise Errno::EAGAIN, @directory
      rescue Errno::ENOENT
        nil # the request is gone
      end

      private

      def file(place)
        File.join(@directory, "place-#{place}")
      end

      def kept(place)
        "#{file(place)}.kept"
      end

      def held?(place, name)
        Places.read(file(place), MOST) == name
      end

      # Only one process can make the file. One without a name is nobody's.
      def occupy(path, name)
        File.open(path, NEW, 0o600) do |file|
          file.syswrite(name) == name.bytesize or raise Errno::ENOSPC, path
        rescue SystemCallError
          File.unlink(path)
          raise
        end
        true
      rescue Errno::EEXIST
        false
      end

      # Before the lock it is only asked so that few wait for it.
      def inherit(place, name)
        return false unless abandoned?(place)

        locked do
          next false unless abandoned?(place)

          WholeFile.write(file(place), name)
          true
        end
      end

      def abandoned?(place)
        return false if File.exist?(kept(place))

        sign = [File.lstat(file(place)).mtime, Places.read(file(place), MOST)]
        last, since = @signs[place]
        return Lease.now - since > Lease::TIME if sign == last

        @signs[place] = [sign, Lease.now]
        false
      rescue Errno::ENOENT
        false # it is free now
      end

      # Yields with the lock; nil if it was not to be had. It is given back explicitly, as a child
      # that is forked meanwhile has the file, too.
      def locked
        File.open(File.join(@directory, "lock"), LOCK, 0o600) do |file|
          next unless TRIES.times.any? { file.flock(File::LOCK_EX | File::LOCK_NB) || !sleep(STEP) }

          begin
            yield
          ensure
            file.flock(File::LOCK_UN)
          end
        end
      end
    end
  end
end
