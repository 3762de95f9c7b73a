# frozen_string_literal: true

require "socket"
require_relative "../dump_files"

module HeapDump
  module Fleet
    # Files that may be dumps, or extracts whose dumps have gone, of directories and of those below
    # them.
    module Source # :nodoc:
      # +uri+ names it for all importers. +path+ is where it is, +changed_at+ a Time. What is in a
      # +bucket+ is fetched when it is read.
      File = Struct.new(:uri, :path, :bytes, :changed_at, :bucket, keyword_init: true) do
        def directory
          ::File.dirname(path)
        end

        # Yields a path at which it can be read, as long as the block runs.
        def read(&)
          bucket ? bucket.fetch(path, &) : yield(path)
        end
      end

      module_function

      # All files (Array of File) of paths, directories and buckets (s3://…), the oldest first.
      # Raises NotFound for a path of nothing.
      def files(paths)
        found = paths.flat_map do |path|
          path.start_with?("s3://") ? Bucket.new(path).files : below(::File.expand_path(path))
        end
        found.uniq(&:uri).sort_by { |file| [file.changed_at, file.uri] }
      end

      # A file (File) by its +uri+, if it is on this machine and has still so many bytes; else nil.
      def at_hand(uri, bytes)
        path = uri.delete_prefix("#{Socket.gethostname}:")
        return if path == uri

        stat = ::File.stat(path)
        file(path, stat) if stat.file? && stat.size == bytes
      rescue SystemCallError
        nil
      end

      def below(path)
        stat = ::File.stat(path)
        return [file(path, stat)] unless stat.directory?

        Dir.children(path).sort.flat_map { |name| in_directory(::File.join(path, name)) }
      rescue Errno::ENOENT, Errno::ENOTDIR
        raise NotFound, "no such file or directory: #{path}"
      rescue SystemCallError => e
        raise Error, "#{path} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      # What has gone meanwhile, or is no dump by its first bytes, is passed over.
      def in_directory(path)
        stat = ::File.lstat(path)
        return file?(path, stat) ? [file(path, stat)] : [] unless stat.directory?

        # One that cannot be read is told as a file is.
        ::File.readable?(path) && ::File.executable?(path) ? below(path) : [file(path, stat)]
      rescue SystemCallError, NotFound
        []
      end

      # What may not be read counts by its name, so that it is told.
      def file?(path, stat)
        return false if !stat.file? || ::File.basename(path).start_with?(".")
        return true if DumpFiles.lone_extract?(path)
        return Snapshot::Directory.dump_at?(path) if ::File.readable?(path)

        DumpFiles.dump_name?(path)
      end

      def file(path, stat)
        real = ::File.realpath(path)
        File.new(uri: "#{Socket.gethostname}:#{real}", path: real, bytes: stat.size,
                 changed_at: stat.mtime.utc.round(6))
      end
      private_class_method :below, :in_directory, :file?, :file
    end
  end
end
