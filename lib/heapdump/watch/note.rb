# frozen_string_literal: true

require_relative "note_files"
require_relative "servers"
require_relative "../terminal/json"

module HeapDump
  class Watch
    # What remains of a process that is killed: once a minute, and when a rule strikes, a line of
    # JSON about its memory, its GC and its work. See NoteFiles. Methods raise SystemCallError.
    class Note # :nodoc:
      EVERY = 60 # seconds
      SIZE = 256 << 10 # bytes, of each of the two files
      MOST = 64 # files of processes that are gone: nothing was written to them for
      GONE = 3600 # seconds
      GC_FIELDS = { live_slots: :heap_live_slots, old_objects: :old_objects,
                    pages: :heap_allocated_pages, malloc_increase: :malloc_increase_bytes,
                    minor_gc: :minor_gc_count, major_gc: :major_gc_count }.freeze
      FLAGS = File::WRONLY | File::CREAT | File::APPEND | File::NOFOLLOW
      private_constant :EVERY, :SIZE, :MOST, :GONE, :GC_FIELDS, :FLAGS

      def initialize(directory, names, gauge)
        @directory = directory
        @names = names
        @gauge = gauge
        @file = NoteFiles::Entry.new(directory, "notes", names.host, names.pid, names.series)
        @gc = {}
      end

      # Writes a line if it is time, or because a rule has just struck. Returns whether it did.
      def write(facts, struck: nil)
        return false if @closed
        return false if @last && facts.seconds < @last + EVERY && !struck

        @last = facts.seconds
        begin_file(facts) unless @begun
        @begun = true
        turn(facts) if File.size(@file.path) > SIZE
        append(struck ? { **line(facts), struck: struck } : line(facts))
        true
      rescue Errno::ENOENT
        @begun = false # somebody has removed the file, so a new one begins at the next time
        raise
      end

      # The process ends by itself, or the watch. Nothing is written after that.
      def close(facts)
        return if @closed

        @closed = true
        append(end: time(facts)) if @begun
      end

      private

      def time(facts)
        facts.time.strftime("%FT%TZ")
      end

      def begin_file(facts)
        clear(facts)
        first = { begin: time(facts), pid: @names.pid, host: @names.host, series: @names.series,
                  app: @names.app, ruby: RUBY_VERSION, started: @gauge.processes.started,
                  server: @gauge.processes.server }
        first[:silent] = true if Servers.silent?
        append(first)
      end

      # Notes of others that nobody has removed.
      def clear(facts)
        own = @file.path
        paths = NoteFiles.all(@directory).flat_map { |one| [one.path, one.old] } - [own]
        times = paths.filter_map { |path| [path, File.mtime(path)] if File.file?(path) }
        old = times.sort_by(&:last).reverse.drop(MOST)
        old.each { |path, time| File.unlink(path) if time < facts.time - GONE }
      rescue Errno::ENOENT
        nil # another process does the same
      end

      def turn(facts)
        File.rename(@file.path, @file.old)
        begin_file(facts)
      end

      def line(facts)
        memory = @gauge.memory
        GC.stat(@gc)
        fields = { time: time(facts), rss: memory.rss, pss: memory.pss, private: memory.private,
                   working_set: facts.working_set, limit: facts.limit,
                   oom_kill: @gauge.cgroup&.events&.oom_kill,
                   **GC_FIELDS.transform_values { |key| @gc[key] },
                   threads: Thread.list.size, jobs: facts.jobs, requests: facts.requests }
        work = Work.since
        fields[:work] = work unless work.empty?
        fields.compact
      end

      def append(fields)
        line = "#{Terminal::Json.compact(fields)}\n"
        File.open(@file.path, FLAGS, 0o600) { |file| file.write(line) }
      end
    end
  end
end
