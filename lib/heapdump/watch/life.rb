# frozen_string_literal: true

require_relative "directory"
require_relative "note_files"

module HeapDump
  class Watch
    # What the notes of a process say about its life.
    class Life # :nodoc:
      # So much of the limit was used: then memory is what the process has died of, most likely.
      FULL = 0.9
      private_constant :FULL

      # All lives of which there are notes in a directory, in the order in which they began. Raises
      # SystemCallError.
      def self.all(directory)
        NoteFiles.all(directory).map { |file| new(file) }.sort_by { |life| [life.begun, life.pid] }
      end

      attr_reader :file, :samples

      def initialize(file)
        @file = file
        lines = file.lines
        @first = lines.find { |line| line.key?("begin") } || {}
        @samples = lines.select { |line| line.key?("time") }
        @end = lines.reverse_each.find { |line| line.key?("end") }
      end

      def pid
        @file.pid
      end

      def host
        @file.host
      end

      def app
        @first["app"].is_a?(String) ? @first["app"] : nil
      end

      # The version (String); nil where it is unknown.
      def ruby
        @first["ruby"].is_a?(String) ? @first["ruby"] : nil
      end

      # When the process was started, in ticks of its machine; nil where that is unknown.
      def started
        @first["started"]
      end

      # What has started it (String), as Processes#server has it; nil where that is unknown.
      def server
        @first["server"].is_a?(String) ? @first["server"] : nil
      end

      # Times (String), "" where they are unknown.
      def begun
        @first["begin"].to_s
      end

      def seen
        (@end ? @end["end"] : last["time"] || @first["begin"]).to_s
      end

      # "exit": it ended by itself. "killed": it did not, and the process after it has told so.
      # "unknown": it may still run.
      def state
        return "exit" if @end

        @file.kind == "killed" ? "killed" : "unknown"
      end

      # The last sample (Hash, maybe empty).
      def last
        @samples.last || {}
      end

      # A number of the last sample; nil if it is none.
      def number(name)
        value = last[name]
        value if value.is_a?(Integer)
      end

      # Paths of the dumps of this life.
      def dumps
        directory = @file.dumps_directory
        Dir.children(directory).reject { |name| DumpFiles.other?(name) }.sort
           .map { |name| File.join(directory, name) }
      rescue SystemCallError
        []
      end

      # Whether it belonged to a server that ends its workers without letting them say so (exit!).
      def silent?
        @first["silent"] == true
      end

      # What it has died of: +:oom+, most likely +:memory+, or nil. +killed_now+ is how many
      # processes the kernel has killed in the same control group until now, nil if that is unknown.
      def cause(killed_now)
        before = number("oom_kill")
        return :oom if before && killed_now && killed_now > before

        used = number("working_set")
        limit = number("limit")
        :memory if used && limit && used >= limit * FULL
      end

      # The command that tells more.
      def command
        case dumps.size
        when 0 then "heapdump notes #{quoted(@file.directory)}"
        when 1 then "heapdump summary #{quoted(dumps.first)}"
        else "heapdump leaks #{quoted(@file.dumps_directory)}"
        end
      end

      private

      def quoted(path)
        path.match?(%r{\A[\w./,:+-]+\z}) ? path : "'#{path.gsub("'", "'\\\\''")}'"
      end
    end
  end
end
