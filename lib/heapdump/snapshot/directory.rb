# frozen_string_literal: true

require "time"
require_relative "../dump_files"

module HeapDump
  class Snapshot
    # Finds the dumps in a directory, where several are taken.
    #
    #   Directory.dumps("/var/tmp/heaps") # => ["/var/tmp/heaps/heap-4711-1.json", …]
    module Directory # :nodoc:
      # How a line of a dump begins.
      LINE = /\A\s*\{\s*"(?:type"\s*:\s*"(?:HEADER|ROOT|SHAPE)"|address"\s*:\s*"0x)/n
      ZSTD = "\x28\xB5\x2F\xFD".b.freeze
      GZIP = "\x1F\x8B".b.freeze
      TIME = /\A[^\n]*?"time"\s*:\s*"([-\dT:.]+Z)"/n # in a header
      HEAD = 4096 # so many bytes of a file are looked at
      private_constant :LINE, :TIME, :ZSTD, :GZIP, :HEAD

      # What a shell replaces by names of files, unless there are none.
      PATTERN = /[*?\[]/
      SERIES_SHOWN = 3
      private_constant :PATTERN, :SERIES_SHOWN

      module_function

      # Paths in which directories are replaced by the dumps in them. What is no path (a Snapshot,
      # an IO), and "-", stays. Raises ReadError for a path of nothing, and what ::dumps raises.
      def expand(paths)
        paths.flat_map do |path|
          next path if path == "-" || !(path.is_a?(String) || path.respond_to?(:to_path))

          File.directory?(path) ? dumps(path) : there(path)
        end
      end

      # Returns a path of something. Whether it can be read is not asked here.
      def there(path)
        File.stat(path)
        path
      rescue Errno::ENOENT
        hint = " (the shell has found no file for this pattern)" if shown(path).match?(PATTERN)
        raise ReadError.new("no such file or directory: #{shown(path)}#{hint}", path)
      rescue SystemCallError
        path
      end

      # The paths of the dumps in the order of the times in their headers. If a dump has no header,
      # or if zstd hides it, the time at which the file was written counts. Raises HeapDump::Error
      # if there is no dump.
      def dumps(directory)
        found = paths(directory).filter_map { |path| (time = taken_at(path)) && [time, path] }
        return found.sort.map(&:last) unless found.empty?

        raise Error, ["there is no dump in the directory #{shown(directory)}#{series(directory)}",
                      *left_out([directory])].join("; ")
      rescue SystemCallError => e
        raise Error, "#{shown(directory)} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      # What is left out of those of +paths+ that are directories (Array of String): files that are
      # dumps by their names, and that this user may not read.
      def left_out(paths)
        directories = paths.select { |path| path.is_a?(String) && File.directory?(path) }
        closed = directories.flat_map { |directory| paths(directory) }.select do |path|
          DumpFiles.dump_name?(path) && File.file?(path) && !File.readable?(path)
        end
        closed.sort.map do |path|
          "#{shown(path)} is left out: this user may not read it; run this as its owner or as root"
        end
      rescue SystemCallError
        [] # which is told when it is read
      end

      # What a watch has left there, for a message.
      def series(directory)
        found = paths(directory).select do |path|
          File.basename(path).start_with?("series-") && File.directory?(path)
        end
        return "" if found.empty?

        newest = found.max_by(SERIES_SHOWN) { |path| File.mtime(path) }
        "; each process has one of its own there: give " \
          "#{newest.map { |one| shown(one) }.join(" or ")}"
      end

      # A path for a message.
      def shown(path)
        Terminal::Text.valid(File.path(path))
      end

      # The paths of all that is in a directory. Names are bytes: those that are no text in UTF-8
      # remain bytes, as arguments of commands do.
      def paths(directory)
        Dir.children(directory).map do |name|
          path = File.join(File.path(directory).b, name.b).force_encoding(Encoding::UTF_8)
          path.valid_encoding? ? path : path.b
        end
      end

      # When the dump in a file was taken (Time); nil if there is none, or if the file has gone
      # meanwhile or cannot be read: the others remain.
      def taken_at(path)
        head = head(path)
        time(path, head) if dump?(head)
      rescue SystemCallError
        nil
      end

      # Whether a file is a dump, by its first bytes.
      def dump_at?(path)
        dump?(head(path))
      end

      # The first bytes of a file, "" for a file that cannot be a dump.
      def head(path)
        return "" if DumpFiles.other?(path) || !File.file?(path) || !File.readable?(path)

        head = File.binread(path, HEAD).to_s
        head.start_with?(GZIP) ? unpacked(head) : head
      end

      # Whether a file is a dump, by its first bytes and not by its name. A file that zstd has
      # compressed is assumed to be one.
      def dump?(head)
        head.start_with?(ZSTD) || head.match?(LINE)
      end

      def time(path, head)
        text = head[TIME, 1]
        text ? Time.iso8601(text) : File.mtime(path)
      rescue ArgumentError
        File.mtime(path)
      end

      # Decompresses the first bytes of a gzip file as far as they go.
      def unpacked(head)
        require "zlib"
        Zlib::Inflate.new(Zlib::MAX_WBITS + 16).inflate(head)
      rescue Zlib::Error
        ""
      end
      private_class_method :there, :series, :shown, :paths, :taken_at, :head, :dump?,
                           :time, :unpacked
    end
  end
end
