# frozen_string_literal: true

require "digest/sha2"
require "json"
require "zlib"
require_relative "../whole_file"

module HeapDump
  class Extract
    # The file of an extract: two lines of JSON, compressed by gzip. The first one has the version
    # and the checksum of the second, so a file that is torn or was changed is none. (A checksum is
    # no signature: who may write the file may write what he likes, in this shape.)
    module Stored # :nodoc:
      VERSION = 2 # with each change of what signatures are made of
      KEY = "heapdump_extract"
      LARGEST = 64 << 20 # bytes of a file
      LONGEST = 512 << 20 # bytes of its text
      FLAGS = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      private_constant :KEY, :LARGEST, :LONGEST, :FLAGS

      module_function

      # Raises SystemCallError.
      def write(path, fields)
        body = Terminal::Json.compact(fields)
        head = JSON.generate({ KEY => VERSION, "sha256" => Digest::SHA256.hexdigest(body) })
        WholeFile.write(path, Zlib.gzip("#{head}\n#{body}\n", level: Zlib::BEST_SPEED))
      end

      # What is in a file (Hash); nil if there is none, or if it is no extract as this version
      # writes them. With +own+ it has to belong to this user, too.
      def read(path, own: true)
        text = File.open(path, FLAGS) do |io|
          stat = io.stat
          unpacked(io) if stat.file? && stat.size <= LARGEST && (!own || stat.owned?)
        end
        text && parse(text)
      rescue SystemCallError, Zlib::Error, JSON::ParserError
        nil
      end

      def unpacked(io)
        io.binmode
        text = Zlib::GzipReader.new(io).read(LONGEST + 1)
        text if text && text.bytesize <= LONGEST
      end

      def parse(text)
        head, body = text.b.lines(chomp: true).map { |line| line.force_encoding(Encoding::UTF_8) }
        return unless body && (head = JSON.parse(head)).is_a?(Hash) && head[KEY] == VERSION &&
                      head["sha256"] == Digest::SHA256.hexdigest(body)

        Fields.checked(JSON.parse(body))
      end
      private_class_method :unpacked, :parse
    end
    private_constant :Stored
  end
end
