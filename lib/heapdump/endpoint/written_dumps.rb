# frozen_string_literal: true

require_relative "../watch/directory"
require_relative "../watch/manifest"

module HeapDump
  class Endpoint
    # Dumps of a directory by an id that may stand in the path of a URL: SERIES/NAME. Any process
    # that sees the directory knows what has become of each.
    class WrittenDumps # :nodoc:
      # What a name may have, but a URL would change.
      STRANGE = /[^\w.-]/
      # Fields of the manifest.
      FIGURES = %w[objects bytes seconds pause].freeze
      MOST = 1 << 20 # bytes; a manifest is shorter
      private_constant :STRANGE, :FIGURES, :MOST

      def initialize(directory)
        @directory = Watch::Directory.new(directory)
      end

      # Of the dump at +path+ (String).
      def id(path)
        "#{File.basename(File.dirname(path))}/#{simple(File.basename(path))}"
      end

      # What is known of a dump (Hash); nil if there is none.
      def find(series, name)
        return unless @directory.all_series.include?(series)

        written(series, name) || writing(series, name)
      end

      private

      def simple(name)
        name.b.gsub(STRANGE, "_")
      end

      # +pid+ and +host+ of whoever has made it are in its path.
      def written(series, name)
        dump = @directory.dumps_of(series).find { |one| simple(File.basename(one.path)) == name }
        dump && { state: "written", path: dump.path, bytes: dump.bytes, **figures(dump.path) }
      end

      def writing(series, name)
        { state: "writing" } if @directory.partial_in(series).any? do |file|
          simple(file.b.sub(DumpFiles::PARTIAL, "")) == name
        end
      rescue SystemCallError
        nil # removed just now
      end

      # None until they are written down, a moment after the dump.
      def figures(path)
        manifest = JSON.parse(File.binread(path + DumpFiles::MANIFEST, MOST).to_s)
        manifest.is_a?(Hash) ? manifest.slice(*FIGURES).transform_keys(&:to_sym) : {}
      rescue SystemCallError, JSON::ParserError, EncodingError
        {}
      end
    end
  end
end
