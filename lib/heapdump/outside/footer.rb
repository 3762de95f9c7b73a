# frozen_string_literal: true

require "json"

module HeapDump
  module Outside
    # The last line of a dump, which shows whether the dump is whole.
    module Footer
      BLOCK = 65_536

      # The footer of an uncompressed dump (Hash); nil for a compressed dump, which is not
      # decompressed. Raises HeapDump::Error if the dump is cut off.
      def self.read(path)
        line = File.open(path, File::RDONLY | File::NONBLOCK) { |file| last_line(file) } or return
        footer = line.end_with?("}\n") ? JSON.parse(line) : {}
        return footer if footer["type"] == "FOOTER" && footer["complete"]

        raise Error, "the dump #{path} is cut off: it does not end with its footer"
      rescue JSON::ParserError
        raise Error, "the dump #{path} is cut off: its last line is not whole"
      end

      # The last line; nil for a compressed dump. The footer has one entry for each slot size, so it
      # is never longer than BLOCK.
      def self.last_line(file)
        return if compressed?(file.binmode.read(4).to_s)

        file.seek(-[file.size, BLOCK].min, IO::SEEK_END)
        file.read.lines.last.to_s
      end
      private_class_method :last_line

      def self.compressed?(magic)
        magic.start_with?("\x1F\x8B".b) || magic == "\x28\xB5\x2F\xFD".b
      end
      private_class_method :compressed?
    end
  end
end
