# frozen_string_literal: true

require_relative "life"

module HeapDump
  class Watch
    # Tells, after a start, which processes of this host have ended without saying so: one line for
    # all of them, of the one with most dumps, once, by whichever process looks first.
    class Predecessor # :nodoc:
      DEATHS = { oom: "was OOM-killed", memory: "was killed, most likely because memory ran out",
                 nil => "ended without a word (killed, crashed, or ended by exit!)" }.freeze
      private_constant :DEATHS

      def initialize(directory, names, gauge)
        @directory = directory
        @names = names
        @gauge = gauge
      end

      # The line, nil if there is nothing to tell.
      def words
        @killed = @gauge.cgroup&.events&.oom_kill
        lives = dead.reject { |life| quiet(life) }.select { |life| claim(life) }
        told = lives.max_by { |life| [life.dumps.size, life.number("private") || 0, life.seen] }
        told && sentence(told, lives.size - 1)
      rescue SystemCallError
        nil # nothing can be read there; who writes there tells so
      end

      private

      def dead
        files = NoteFiles.all(@directory).select do |file|
          file.kind == "notes" && file.host == @names.host && file.series != @names.series
        end
        alive, gone = files.reject(&:ended?).partition { |file| alive?(file) }
        alive.each { |file| former(file) }
        gone.map { |file| Life.new(file) } # only these are read as a whole
      end

      # A worker that may have been told to end, and could not write that down.
      def quiet(life)
        conclude(life, "silent") if life.silent? && life.cause(@killed).nil?
      end

      def alive?(file)
        started = @gauge.processes.started(file.pid)
        !started.nil? && (file.started.nil? || started == file.started)
      end

      # This very process has had another program before (exec), and nobody will end its notes.
      def former(file)
        conclude(Life.new(file), "exec") if file.pid == @names.pid
      end

      def conclude(life, how)
        File.write(life.file.path, "#{JSON.generate(end: life.seen, how: how)}\n",
                   mode: "a", flags: File::NOFOLLOW)
      end

      # Only one process can rename the file.
      def claim(life)
        File.rename(life.file.path, life.file.path("killed"))
        true
      rescue SystemCallError
        false
      end

      def sentence(life, others)
        named = "pid #{life.pid}#{", #{life.app}" if life.app}"
        more = others.positive? ? " (and #{Terminal::Units.plural(others, "other")})" : ""
        "the process before this one (#{named})#{more} #{DEATHS.fetch(life.cause(@killed))}; " \
          "it was last seen at #{life.seen}#{figures(life)}. #{dumps(life)}"
      end

      def figures(life)
        size = ->(name) { life.number(name) && Terminal::Units.bytes(life.number(name)) }
        parts = []
        parts << "private memory #{size["private"]}" if size["private"]
        if size["working_set"]
          parts << "#{size["working_set"]}#{" of #{size["limit"]}" if size["limit"]} used"
        end
        parts.empty? ? "" : ", #{parts.join(", ")}"
      end

      def dumps(life)
        return "#{number_of_dumps(life)} of it: `#{life.command}`" if life.dumps.any?

        other = worker_with_dumps(life.server)
        return "It has left no dump: `#{life.command}`" unless other

        "It has left no dump, but process #{other.pid} of the same server has left " \
          "#{number_of_dumps(other)}: `#{other.command}`"
      end

      def number_of_dumps(life)
        Terminal::Units.plural(life.dumps.size, "dump")
      end

      # Of the workers of a server one makes the dumps, and the kernel may kill another one.
      def worker_with_dumps(server)
        files = NoteFiles.all(@directory).select do |file|
          server && file.host == @names.host && File.directory?(file.dumps_directory)
        end
        files.map { |file| Life.new(file) }
             .select { |life| life.server == server && life.dumps.any? }
             .max_by { |life| [life.dumps.size, life.begun] }
      end
    end
  end
end
