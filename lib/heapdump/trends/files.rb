# frozen_string_literal: true

module HeapDump
  class Trends
    # Finds and reads the files: dumps, directories of dumps, what a watch has left below them, and
    # extracts whose dumps are gone.
    class Files # :nodoc:
      # Files that were left out, each in one sentence (Array of String).
      attr_reader :warnings

      # +index+ is as for Extract.of.
      def initialize(given, index: :auto)
        @index = index
        @paths = given.flat_map { |path| expand(File.path(path)) }.uniq
        @warnings = []
      end

      # The dumps (Array of Dump); their numbers go to +columns+.
      def dumps(columns, strict:, &before)
        found = @paths.each_with_index.filter_map do |path, at|
          extract = read(path, strict) do |snapshot|
            before&.call(snapshot, at, @paths.size)
          end or next
          columns.add(at, extract)
          Dump.new(path, extract, at)
        end
        return found unless found.empty?

        raise ReadError.new(["none of these files has a dump that can be read", *@warnings]
                            .join("; "), @paths.first)
      end

      private

      def expand(path)
        return series(path) if File.directory?(path)

        Snapshot::Directory.expand([path])
      end

      # The dumps in a directory, and in those of the processes of a watch below it.
      def series(path)
        below = Dir.children(path).grep(DumpFiles::SERIES).sort
                   .map { |name| File.join(path, name) }.select { |one| File.directory?(one) }
        found = [path, *below].flat_map { |one| in_directory(one) }
        return found unless found.empty?

        Snapshot::Directory.dumps(path) # raises, and says what there is
      rescue SystemCallError => e
        raise Error, "#{Terminal::Text.valid(path)} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      def in_directory(path)
        names = Dir.children(path).sort
        extracts = names.select { |name| name.end_with?(DumpFiles::EXTRACT) }
        alone = extracts.reject { |name| names.include?(name.delete_suffix(DumpFiles::EXTRACT)) }
        dumps = names.map { |name| File.join(path, name) }
                     .select { |one| Snapshot::Directory.dump_at?(one) }
        dumps + alone.map { |name| File.join(path, name) }
      end

      def read(path, strict, &)
        extract = extract(path, &)
        return extract if extract.complete?

        raise ReadError.new("#{path} is damaged or not whole", path) if strict

        leave(path, "it is damaged or not whole (`heapdump verify` says more)")
      rescue ReadError => e
        raise if strict

        leave(path, e.message)
      end

      def extract(path, &)
        return Extract.load(path) if path.end_with?(DumpFiles::EXTRACT)

        Extract.of(path, index: @index, &)
      end

      def leave(path, why)
        @warnings << "#{Terminal::Text.valid(path)} is left out: #{why}"
        nil
      end
    end
    private_constant :Files
  end
end
