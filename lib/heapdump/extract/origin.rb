# frozen_string_literal: true

require "json"
require "time"
require_relative "../dump_files"

module HeapDump
  class Extract
    # Of which process a dump is, and when it was taken: by its header, by the manifest that a watch
    # has written beside it, and where these say nothing, by its name.
    class Origin # :nodoc:
      HEADER = %w[host pid start program ruby platform].freeze
      MANIFEST = %w[app series revision].freeze # and host and pid, if there is no header
      LARGEST = 16 << 20 # bytes of a manifest
      LONGEST = 500 # characters
      SERIES = /\Aseries-.+-(\d+)-([0-9a-z]+)\z/ # the directory of a watch
      # Seconds or milliseconds since 1970 in a name, "heap-1731580800.dump".
      UNIXTIME = /(?<!\d)(1\d{9})(\d{3})?(?!\d)/
      NAME = /\A[a-z]\w{0,60}\z/ # of a number of GC.stat
      MOST = 2_000 # numbers or names
      private_constant :HEADER, :MANIFEST, :LARGEST, :LONGEST, :SERIES, :UNIXTIME, :NAME, :MOST

      # What is used of the manifest of the dump at +path+ (Hash).
      def self.manifest(path)
        flags = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
        text = File.open(path + DumpFiles::MANIFEST, flags) do |io|
          io.read.force_encoding(Encoding::UTF_8) if io.stat.file? && io.size <= LARGEST
        end
        fields = text && JSON.parse(text)
        return {} unless fields.is_a?(Hash) && fields["file"] == File.basename(path)

        fields.slice(*MANIFEST, "host", "pid", "rule", "work", "facts")
      rescue SystemCallError, JSON::ParserError
        {}
      end

      def initialize(snapshot, path, manifest)
        @header = snapshot.header
        @path = path
        @manifest = manifest
      end

      def identity
        known = @manifest.slice(*MANIFEST, "host", "pid").merge(@header.slice(*HEADER))
        known["series"] ||= series(known["pid"])
        known.delete("pid") unless number?(known["pid"])
        known.select { |_, value| value.is_a?(String) || number?(value) }
             .to_h { |name, value| [name.to_sym, value.is_a?(String) ? cut(value) : value] }
      end

      # The Time, and why it is not sure (nil if it is).
      def time
        told = told_time
        return [told, nil] if told

        named = File.basename(@path)[UNIXTIME] && Regexp.last_match
        return [Time.at(named[1].to_i, named[2].to_i, :millisecond).utc, BY_NAME] if named

        [File.mtime(@path).utc.floor(3).clamp(FIRST, LAST), BY_FILE]
      end
      # Extracts keep milliseconds, so that a dump has the same time whoever reads it. No clock is
      # right outside of these years.
      FIRST = Time.utc(1970)
      LAST = Time.utc(2200)
      BY_NAME = "it has no time of its own: that in its name counts"
      BY_FILE = "it has no time of its own: that at which the file was written counts, which a " \
                "copy may have changed"
      private_constant :FIRST, :LAST, :BY_NAME, :BY_FILE

      def rule
        rule = @manifest["rule"]
        rule.is_a?(String) ? cut(rule) : nil
      end

      def gc
        numbers(@header["gc"]).select { |name, _| name.match?(NAME) }.transform_keys(&:to_sym)
      end

      def work
        numbers(@manifest["work"]).transform_keys { |name| cut(name) }
      end

      # Private memory of the process in bytes (Integer), nil if it is not known.
      def private
        memory = @header["memory"]
        [memory, @manifest["facts"]].each do |fields|
          bytes = fields["private"] if fields.is_a?(Hash)
          return bytes if number?(bytes)
        end
        nil
      end

      private

      def told_time
        time = Time.iso8601(@header["time"]).utc.floor(3)
        time if time.between?(FIRST, LAST)
      rescue ArgumentError, TypeError
        nil
      end

      def series(pid)
        named = File.basename(File.dirname(File.expand_path(@path))).b.match(SERIES)
        named[2] if named && named[1] == pid.to_s
      end

      def numbers(hash)
        return {} unless hash.is_a?(Hash)

        hash.select { |_, value| number?(value) }.first(MOST).to_h
      end

      def number?(value)
        value.is_a?(Integer) && value.between?(0, (1 << 62) - 1)
      end

      def cut(text)
        text[0, LONGEST]
      end
    end
    private_constant :Origin
  end
end
