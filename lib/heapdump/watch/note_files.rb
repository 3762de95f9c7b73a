# frozen_string_literal: true

require "json"

module HeapDump
  class Watch
    # The files with the notes of processes: notes-HOST-PID-SERIES.jsonl. When one is long, it
    # becomes …-SERIES.old.jsonl, and a new one begins. When a process was killed, and the next one
    # has told so, the file is called killed-….
    module NoteFiles # :nodoc:
      NAME = /\A(notes|killed)-(.+)-(\d+)-([0-9a-z]+)\.jsonl\z/
      LINES = 100_000 # a file is turned long before it has as many
      TAIL = 1024 # bytes, in which the line of the end is
      private_constant :NAME, :LINES, :TAIL

      # A file: what it is called, and what its name says.
      Entry = Struct.new(:directory, :kind, :host, :pid, :series) do
        def path(kind = self.kind)
          File.join(directory, "#{kind}-#{host}-#{pid}-#{series}.jsonl")
        end

        # The part before, which may be missing.
        def old
          File.join(directory, "notes-#{host}-#{pid}-#{series}.old.jsonl")
        end

        # Those of this series (String).
        def dumps_directory
          File.join(directory, "series-#{host}-#{pid}-#{series}")
        end

        # When its process was started (Integer), from its first line; nil if that is not there.
        def started
          started = NoteFiles.lines(path, 1).first&.fetch("started", nil)
          started if started.is_a?(Integer)
        end

        # Whether its last line is that of the end.
        def ended?
          NoteFiles.tail(path).last&.key?("end") || false
        end

        # All lines of it (Hashes) but those that are damaged, as the last one of a process that was
        # killed may be.
        def lines
          [old, path].flat_map { |one| NoteFiles.lines(one) }
        end
      end

      module_function

      # Those in a directory. Raises SystemCallError.
      def all(directory)
        Dir.children(directory).filter_map do |name|
          kind, host, pid, series = name.match(NAME)&.captures if name.valid_encoding?
          Entry.new(directory, kind, host, pid.to_i, series) if kind
        end
      end

      # The first lines of a file, all if +most+ is nil. What is no JSON is left out.
      def lines(path, most = nil)
        parsed(File.foreach(path, mode: "rb", flags: File::NOFOLLOW).first(most || LINES))
      rescue SystemCallError
        []
      end

      # The last lines of a file, as many as are quick to read.
      def tail(path)
        File.open(path, "rb", flags: File::NOFOLLOW) do |file|
          file.seek(-[file.size, TAIL].min, IO::SEEK_END)
          parsed(file.each_line.to_a)
        end
      rescue SystemCallError
        []
      end

      def parsed(texts)
        texts.filter_map do |text|
          line = JSON.parse(text.force_encoding(Encoding::UTF_8))
          line if line.is_a?(Hash)
        rescue JSON::ParserError, EncodingError
          nil
        end
      end
    end
  end
end
