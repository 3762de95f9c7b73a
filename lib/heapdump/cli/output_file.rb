# frozen_string_literal: true

require "fileutils"
require_relative "../outside/handover"

module HeapDump
  module CLI
    # A file that a command makes of another one. An existing file is not touched until the new one
    # is written completely, and the file that the command reads is never overwritten.
    #
    #   output = OutputFile.new("heap.csv.gz", force: false)
    #   output.check("heap.json")          # before the work, because that may take a while
    #   output.write { |io| io.puts "…" }  # compressed, by the name
    class OutputFile
      # Endings of other compressions, which the name must not promise.
      OTHERS = /\.(?:zst|zstd|xz|bz2|lz4|lzma|br|zip|7z|Z)\z/
      CREATE = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
      private_constant :OTHERS, :CREATE

      def initialize(path, force:)
        @path = path
        @force = force
      end

      # Raises HeapDump::Error if the file cannot or must not be written. +input+ is the path of the
      # file that is read ("-" for standard input).
      def check(input)
        check_name
        check_directory
        Outside::Handover.check_place(@path)
        check_input(input)
        check_free
      rescue SystemCallError => e
        fail_with(e)
      end

      # Yields an IO to write to. The file has another name until it is whole, and only its owner
      # can read it.
      def write(&)
        partial = "#{@path}.partial-#{Process.pid}"
        File.open(partial, CREATE, 0o600) do |file|
          fill(file, &)
          file.fsync
          file.close
          check_free
          File.rename(partial, @path)
        ensure
          FileUtils.rm_f(partial)
        end
      rescue SystemCallError => e
        fail_with(e, partial)
      end

      # True if two names, or a name and an open file, belong to the same file. False if one of them
      # belongs to no file.
      def self.same?(one, other)
        File.identical?(one, other)
      end

      private

      def fill(file)
        return yield(file) unless @path.end_with?(".gz")

        require "zlib"
        packed = Zlib::GzipWriter.new(file)
        yield packed
        packed.finish
      end

      def check_name
        Outside::Handover.check_name(@path)
        return unless (ending = @path[OTHERS])

        raise Error, "#{@path} would be no #{ending} file: .gz is what this command can compress " \
                     "to; leave -o out and give its output to another program through a pipe"
      end

      def check_directory
        directory = File.dirname(File.absolute_path(@path))
        unless File.directory?(directory)
          raise Error, "there is no directory #{directory}; make it, or give another name"
        end
        return if File.writable?(directory)

        raise Error, "the directory #{directory} cannot be written to by this user, or lies on a " \
                     "file system that can only be read; give another name"
      end

      def check_input(input)
        return unless self.class.same?(input == "-" ? $stdin : input, @path)

        raise Error, "#{@path} is the dump itself, which would be lost; give another name"
      end

      def check_free
        return if @force || !File.exist?(@path)

        raise Error, "#{@path} is there already; --force replaces it"
      end

      def fail_with(error, path = @path)
        path = @path unless error.is_a?(Errno::EEXIST)
        raise Error, "#{path} cannot be written: #{Terminal::Trouble.words(error)}"
      end
    end
  end
end
