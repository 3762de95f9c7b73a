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
        @warnings = []
        @paths = given.flat_map { |path| expand(File.path(path)) }.uniq
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
        below = DumpFiles.series_in(path).select { |one| File.directory?(one) }
        found = [*in_directory(path), *below.flat_map { |one| of_process(one) }]
        return found unless found.empty? && @warnings.empty?

        Snapshot::Directory.dumps(path) # raises, and says what there is
      rescue SystemCallError => e
        raise Error, "#{Terminal::Text.valid(path)} cannot be read: #{Terminal::Trouble.words(e)}"
      end

      # Other users may have watched other processes: what is theirs is told, and left out.
      def of_process(path)
        in_directory(path)
      rescue SystemCallError => e
        leave(path, "it cannot be read: #{Terminal::Trouble.words(e)}")
        []
      end

      def in_directory(path)
        alone, files = Dir.children(path).sort.map { |name| File.join(path, name) }
                          .partition { |one| DumpFiles.lone_extract?(one) }
        files.select { |one| dump?(one) } + alone
      end

      # What may not be read counts by its name, so that it is told.
      def dump?(path)
        return Snapshot::Directory.dump_at?(path) if File.readable?(path)

        File.file?(path) && DumpFiles.dump_name?(path)
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
