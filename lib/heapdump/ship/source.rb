# frozen_string_literal: true

require "digest"

module HeapDump
  module Ship
    # A file that is sent, from its beginning to the end that it had when it was opened. Its last
    # bytes are given away only if all of them have the digest that the file shall have: so no store
    # gets the whole of a file under the name of another, whatever happens to the file meanwhile.
    class Source # :nodoc:
      # No link: a file of somebody else could be behind it.
      FLAGS = File::RDONLY | File::BINARY | File::NOFOLLOW

      attr_reader :size

      # Yields the Source. +sha256+: nil if the file may have any bytes. Raises SystemCallError.
      def self.open(path, sha256)
        File.open(path, FLAGS) { |io| yield new(io, sha256) }
      end

      def initialize(io, sha256)
        @io = io
        @sha256 = sha256
        @size = @left = io.size
        @digest = Digest::SHA256.new
      end

      # As IO#read; IO.copy_stream and Net::HTTP read by it. Raises Manifest::Changed.
      def read(length = nil, buffer = nil)
        return end_of_file(length, buffer) if @left.zero?

        bytes = @io.read([length, @left].compact.min, *buffer) or raise Manifest::Changed, gone
        @digest << bytes
        @left -= bytes.bytesize
        check if @left.zero?
        bytes
      end

      private

      def end_of_file(length, buffer)
        buffer&.clear
        length ? nil : ""
      end

      def check
        return if @sha256.nil? || @digest.hexdigest == @sha256

        raise Manifest::Changed, "it has changed, or #{File.basename(@io.path)}" \
                                 "#{Manifest::ENDING} is that of another file"
      end

      def gone
        "it has become shorter while it was sent"
      end
    end
  end
end
