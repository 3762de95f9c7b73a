# frozen_string_literal: true

require "digest/sha2"
require "fileutils"
require_relative "../dump_files"

module HeapDump
  class Extract
    # Where the extract of a dump is, and whether it is of that dump: as it is with an index
    # (ext/heapgraph/kept/indexfile.h). It is DUMP.hdextract, or if that cannot be written or
    # belongs to another user, $XDG_CACHE_HOME/heapdump/NAME-HASH.hdextract (~/.cache/…).
    class Place # :nodoc:
      ENDS = 64 << 10 # so many of the first and of the last bytes of a dump are looked at
      NAME = 80 # characters
      DIGITS = 16
      private_constant :ENDS, :NAME, :DIGITS

      # Which dump it is (Hash), before it is read; nil if it can have no extract, as a pipe.
      attr_reader :identity

      # Raises SystemCallError.
      def initialize(path)
        @path = File.path(path)
        @identity = identify
      end

      # What is kept of this dump (Hash), nil if nothing is.
      def read
        return unless identity

        [beside, in_cache].compact.each do |path|
          fields = Stored.read(path)
          return fields if fields && fields["dump"] == identity
        end
        nil
      end

      # Keeps what was found, unless the dump is another one by now. It is no error if that cannot
      # be written.
      def write(fields)
        return unless identity && identity == identify

        fields = { "dump" => identity, **fields }
        wrote?(beside, fields) || wrote?(in_cache(make: true), fields)
      rescue SystemCallError
        nil
      end

      private

      def wrote?(path, fields)
        return false if path.nil? || (File.exist?(path) && !File.owned?(path))

        Stored.write(path, fields)
        true
      rescue SystemCallError
        false
      end

      def identify
        File.open(@path, File::RDONLY | File::NONBLOCK) do |io|
          stat = io.stat
          next unless stat.file?

          { "bytes" => stat.size, "modified" => stat.mtime.utc.strftime("%Y-%m-%dT%H:%M:%S.%NZ"),
            "ends" => ends(io.binmode, stat.size) }
        end
      end

      def ends(io, size)
        digest = Digest::SHA256.new
        digest << io.read(ENDS).to_s
        io.seek([size - ENDS, 0].max)
        digest << io.read(ENDS).to_s
        digest.hexdigest[0, DIGITS]
      end

      def beside
        @path + DumpFiles::EXTRACT
      end

      def in_cache(make: false)
        folder = cache or return
        folder = File.join(folder, "heapdump")
        FileUtils.mkdir_p(folder, mode: 0o700) if make
        real = File.realpath(@path)
        name = "#{File.basename(real)[0, NAME]}-#{Digest::SHA256.hexdigest(real)[0, DIGITS]}"
        File.join(folder, name + DumpFiles::EXTRACT)
      rescue SystemCallError
        nil
      end

      def cache
        home = ENV.fetch("HOME", "")
        given = ENV.fetch("XDG_CACHE_HOME", "")
        return given if given.start_with?("/")

        File.join(home, ".cache") if home.start_with?("/")
      end
    end
    private_constant :Place
  end
end
