# frozen_string_literal: true

require "time"

module HeapDump
  module CLI
    # The dumps in a directory, for commands that take several.
    #
    #   Directory.dumps("/var/tmp/heaps") # => ["/var/tmp/heaps/heap-4711-1.json", …]
    module Directory
      # How a line of a dump begins, after the bracket.
      LINE = /\A\s*\{\s*"(?:type"\s*:\s*"(?:HEADER|ROOT|SHAPE)"|address"\s*:\s*"0x)/n
      ZSTD = "\x28\xB5\x2F\xFD".b.freeze
      GZIP = "\x1F\x8B".b.freeze
      TIME = /\A[^\n]*?"time"\s*:\s*"([-\dT:.]+Z)"/n # in a header
      HEAD = 4096 # bytes that are looked at
      # What is being written, and what the reader keeps for itself.
      OTHERS = /\.partial-\d+\z|\.hdidx\z/
      private_constant :LINE, :TIME, :ZSTD, :GZIP, :HEAD, :OTHERS

      module_function

      # Paths of dumps in the order of the times in their headers; without one, or where zstd hides
      # it, the time counts at which a file was written. Raises HeapDump::Error where none is there.
      def dumps(directory)
        paths = Dir.children(directory).map { |name| File.join(directory, name) }
        found = paths.to_h { |path| [path, head(path)] }.select { |_, text| dump?(text) }
        return found.keys.sort_by { |path| [time(path, found[path]), path] } unless found.empty?

        raise Error, "there is no dump in the directory #{directory}"
      rescue SystemCallError => e
        raise Error, "#{directory} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      # What a file begins with, "" for what cannot be a dump.
      def head(path)
        return "" if path.match?(OTHERS) || !File.file?(path) || !File.readable?(path)

        head = File.binread(path, HEAD).to_s
        head.start_with?(GZIP) ? unpacked(head) : head
      end

      # By what it begins with, not by its name. What zstd has compressed is taken for one.
      def dump?(head)
        head.start_with?(ZSTD) || head.match?(LINE)
      end

      def time(path, head)
        text = head[TIME, 1]
        text ? Time.iso8601(text) : File.mtime(path)
      rescue ArgumentError
        File.mtime(path)
      end

      # The beginning of what a beginning of gzip data holds.
      def unpacked(head)
        require "zlib"
        Zlib::Inflate.new(Zlib::MAX_WBITS + 16).inflate(head)
      rescue Zlib::Error
        ""
      end
      private_class_method :head, :dump?, :time, :unpacked
    end
  end
end
