# frozen_string_literal: true

module HeapDump
  module Outside
    # Takes a dump over from the process that wrote it. The user of that process may not be trusted,
    # and owns the file and often its directory: at any moment there may be something else under its
    # name. Others may also be able to write where the dump is to go.
    module Handover
      READ = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      CREATE = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW

      module_function

      # Moves the file +from+, which the process +target+ has written, to +path+. Raises
      # HeapDump::Error if +from+ is no such file.
      def move(from, path, target)
        check_place(path)
        File.open(from, READ) do |file|
          raise Error, foreign(target) unless written_by?(target, file.stat)

          begin
            File.rename(from, path)
            raise Error, foreign(target) unless File.identical?(file, path)
          rescue Errno::EXDEV
            copy(file, path)
            File.unlink(from)
          end
        end
      rescue Errno::ELOOP
        raise Error, foreign(target)
      end

      # Raises HeapDump::Error if a path that somebody has given cannot be that of a file.
      def check_name(path)
        raise Error, "the name of the file is empty; give one" if path.empty?
        raise Error, "#{path} is a directory; give the name of a file" if File.directory?(path)
        return unless path.end_with?("/")

        raise Error, "#{path} ends with a slash, as only a directory may; give the name of a file"
      end

      # Raises HeapDump::Error if something that is no regular file has that name.
      def check_place(path)
        return if File.lstat(path).file?

        raise Error, "#{path} is no file but something else; give another name"
      rescue Errno::ENOENT
        nil
      end

      # True for a regular file that the user of the process owns and that has no second name: that
      # could be a hard link to the file of another user.
      def written_by?(target, stat)
        stat.file? && stat.uid == target.uid && stat.nlink == 1
      end

      def foreign(target)
        "process #{target.pid} has put something else in place of its dump"
      end

      # Copies the file to another disk; it gets the owner that a renamed file would have.
      def copy(file, path)
        partial = "#{path}.partial-#{Process.pid}"
        File.open(partial, CREATE, 0o600) do |io|
          IO.copy_stream(file, io)
          io.chown(file.stat.uid, file.stat.gid) if Process.euid.zero?
          File.rename(partial, path)
        rescue SystemCallError
          File.unlink(partial)
          raise
        end
      end
      private_class_method :copy
    end
  end
end
