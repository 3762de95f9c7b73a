# frozen_string_literal: true

module HeapDump
  module Outside
    # Takes a dump over from the process that wrote it. Its user, who may not be to be trusted, owns
    # the file and often the directory that it is in: what is there under its name may be something
    # else at any moment. And where the dump is to go, others may write too.
    module Handover
      READ = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      CREATE = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW

      module_function

      # Moves the file +from+, which the process +target+ has written, to +path+. Raises
      # HeapDump::Error if it is no such file.
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

      # Raises HeapDump::Error where there is something under the name that is no file.
      def check_place(path)
        return if File.lstat(path).file?

        raise Error, "#{path} is no file but something else; give another name"
      rescue Errno::ENOENT
        nil
      end

      # A regular file of the process' user; not another name of somebody else's.
      def written_by?(target, stat)
        stat.file? && stat.uid == target.uid && stat.nlink == 1
      end

      def foreign(target)
        "process #{target.pid} has put something else in place of its dump"
      end

      # To another disk, with the owner that a renamed file would have.
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
