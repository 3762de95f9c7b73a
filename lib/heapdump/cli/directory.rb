# frozen_string_literal: true

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
      HEAD = 512 # bytes that are looked at
      # What is being written, and what the reader keeps for itself.
      OTHERS = /\.partial-\d+\z|\.hdidx\z/
      private_constant :LINE, :ZSTD, :GZIP, :HEAD, :OTHERS

      module_function

      # Paths of dumps, by the time at which they were written. Raises HeapDump::Error where none
      # is there.
      def dumps(directory)
        paths = Dir.children(directory).map { |name| File.join(directory, name) }
        found = paths.select { |path| dump?(path) }
        return found.sort_by { |path| [File.mtime(path), path] } unless found.empty?

        raise Error, "there is no dump in the directory #{directory}"
      rescue SystemCallError => e
        raise Error, "#{directory} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      # By what it begins with, not by its name. A chain of zstd frames is taken for one.
      def dump?(path)
        return false if path.match?(OTHERS) || !File.file?(path) || !File.readable?(path)

        head = File.binread(path, HEAD).to_s
        return true if head.start_with?(ZSTD)

        (head.start_with?(GZIP) ? unpacked(head) : head).match?(LINE)
      end

      # The beginning of what a beginning of gzip data holds.
      def unpacked(head)
        require "zlib"
        Zlib::Inflate.new(Zlib::MAX_WBITS + 16).inflate(head)
      rescue Zlib::Error
        ""
      end
      private_class_method :dump?, :unpacked
    end
  end
end
