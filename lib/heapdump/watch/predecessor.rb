# frozen_string_literal: true

require_relative "life"

module HeapDump
  class Watch
    # Tells, after a start, which processes of this host have ended without saying so: one line for
    # all of them, once, by whichever process looks first.
    class Predecessor # :nodoc:
      def initialize(directory, names, gauge)
        @directory = directory
        @names = names
        @gauge = gauge
      end

      # The line, nil if there is nothing to tell.
      def words
        lives = dead.select { |life| claim(life) }
        return if lives.empty?

        worst = lives.max_by { |life| [life.number("private") || 0, life.seen] }
        sentence(worst, lives.size - 1)
      rescue SystemCallError
        nil # nothing can be read there; who writes there tells so
      end

      private

      def dead
        files = NoteFiles.all(@directory).select do |file|
          file.kind == "notes" && file.host == @names.host && file.series != @names.series
        end
        lives = files.map { |file| Life.new(file) }.reject { |life| life.state == "exit" }
        lives.reject { |life| alive?(life) && (former(life) || true) }
      end

      def alive?(life)
        started = @gauge.processes.started(life.pid)
        !started.nil? && (life.started.nil? || started == life.started)
      end

      # This very process has had another program before (exec), and nobody will end its notes.
      def former(life)
        return unless life.pid == @names.pid

        line = JSON.generate(end: life.last["time"] || life.begun, how: "exec")
        File.write(life.file.path, "#{line}\n", mode: "a")
      end

      # Only one process can rename the file.
      def claim(life)
        File.rename(life.file.path, life.file.path("killed"))
        true
      rescue SystemCallError
        false
      end

      def sentence(life, others)
        killed = @gauge.cgroup&.events&.oom_kill
        named = "pid #{life.pid}#{", #{life.app}" if life.app}"
        more = others.positive? ? " (and #{Terminal::Units.plural(others, "other")})" : ""
        "the process before this one (#{named})#{more} #{life.death(killed)}; it was last seen " \
          "at #{life.seen}#{figures(life)}. #{dumps(life)}: `#{life.command}`"
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
        number = life.dumps.size
        number.zero? ? "It has left no dump" : "#{Terminal::Units.plural(number, "dump")} of it"
      end
    end
  end
end
