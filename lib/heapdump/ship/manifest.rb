# frozen_string_literal: true

require "digest"
require "json"
require_relative "../dump_files"

module HeapDump
  module Ship
    # What is known of a dump, in FILE.manifest.json beside it and in the store: so nobody has to
    # open the dump to know what it is. A watch may have written it before; what it says stays.
    module Manifest # :nodoc:
      ENDING = DumpFiles::MANIFEST
      VERSION = 1
      PIECE = 1 << 20 # bytes
      private_constant :VERSION, :PIECE

      # The dump has become another one while it was read.
      class Changed < Error; end

      module_function

      # The manifest (Hash), which is completed if something is missing. +wholeness+ is what the
      # dump says of itself, +sha256+ its digest, if that is known. On a full disk it gets no file:
      # dumps have to leave that first of all. Raises Changed, and SystemCallError.
      def complete(path, stat, wholeness, sha256: nil)
        fields = read(path, stat)
        return fields if fields["sha256"]

        sha256 ||= digest_of(path, stat)
        fields = read(path, stat) # a watch may have written it meanwhile
        fields = { "version" => VERSION, "file" => File.basename(path), **fields,
                   **Marks.identity(stat),
                   "sha256" => sha256, "whole" => wholeness.whole,
                   "header" => wholeness.header, "footer" => wholeness.footer }.compact
        store(path, fields)
        fields
      end

      def digest_of(path, stat)
        sha256 = digest(path)
        return sha256 if Marks.of?(File.lstat(path), Marks.identity(stat))

        raise Changed, "it has changed while it was read"
      end
      private_class_method :digest_of

      def store(path, fields)
        Marks.write_file(path + ENDING, fields)
      rescue Errno::ENOSPC, Errno::EDQUOT
        nil
      end
      private_class_method :store

      # The SHA-256 of a file, which is read piece by piece. Raises SystemCallError.
      def digest(path)
        digest = Digest::SHA256.new
        bytes = String.new(capacity: PIECE)
        File.open(path, Source::FLAGS) { |io| digest << bytes while io.read(PIECE, bytes) }
        digest.hexdigest
      end

      # What is there already (Hash). A watch says nothing of the time of the file: it has just
      # written it. What this module has written of an earlier file of that name does not count.
      def read(path, stat)
        fields = Marks.parse(path + ENDING) || {}
        return fields if Marks.of?(stat, fields)

        fields.key?("modified") ? {} : fields.except("sha256")
      end
    end
  end
end
