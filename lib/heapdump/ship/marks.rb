# frozen_string_literal: true

require "json"
require_relative "../dump_files"
require_relative "../whole_file"

module HeapDump
  module Ship
    # Small files beside a dump that say what has become of it: FILE.shipped and FILE.failed, which
    # has "again" if there is another try. Each is whole or not there. A mark is for the file as it
    # was; for a later one of that name it says nothing.
    module Marks # :nodoc:
      SHIPPED = DumpFiles::SHIPPED
      FAILED = DumpFiles::FAILED
      VERSION = 1
      # How ready a dump is to be dropped: what is in another place goes first, and what could not
      # be brought there goes last.
      ORDER = { shipped: 0, waiting: 1, failed: 2 }.freeze
      LARGEST = 16 << 20 # bytes
      private_constant :LARGEST

      module_function

      # :shipped, :failed or :waiting.
      def state(path)
        return :shipped if read(path, SHIPPED)

        failed = read(path, FAILED)
        failed && !failed.key?("again") ? :failed : :waiting
      end

      # The place of a dump among those that may be dropped (Integer), for sort_by.
      def rank(path)
        ORDER.fetch(state(path))
      end

      # What a mark says (Hash), nil if there is none for this file.
      def read(path, ending)
        fields = parse(path + ending)
        fields if fields && of?(File.lstat(path), fields)
      rescue SystemCallError
        nil
      end

      # What such a file says (Hash); nil if there is none, or something else is there: a link, a
      # pipe, or more than any of them could have to say.
      def parse(path)
        File.open(path, File::RDONLY | File::NOFOLLOW | File::NONBLOCK) do |io|
          next unless io.stat.file? && io.size <= LARGEST

          fields = JSON.parse(io.read.force_encoding(Encoding::UTF_8)) # whatever the locale is
          fields if fields.is_a?(Hash)
        end
      rescue SystemCallError, JSON::ParserError
        nil
      end

      # Raises SystemCallError.
      def write(path, ending, stat, fields)
        write_file(path + ending, { "version" => VERSION, **identity(stat), **fields,
                                    "time" => Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ") })
      end

      def remove(path, *endings)
        endings.each do |ending|
          File.unlink(path + ending)
        rescue SystemCallError
          nil
        end
      end

      # Whether what is written of a file is about the file as it is.
      def of?(stat, fields)
        identity(stat).all? { |key, value| fields[key] == value }
      end

      # What tells a file from a later one of that name.
      def identity(stat)
        { "bytes" => stat.size, "modified" => stat.mtime.utc.strftime("%Y-%m-%dT%H:%M:%S.%NZ") }
      end

      # Raises SystemCallError.
      def write_file(path, fields)
        WholeFile.write_json(path, fields, sync: true)
      end
    end
  end
end
