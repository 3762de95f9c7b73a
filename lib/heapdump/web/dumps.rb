# frozen_string_literal: true

module HeapDump
  class Web
    # The dumps that can be asked about: a list, or what is in a directory. One after the other is
    # opened, when somebody first asks about it, in a thread of its own; a few stay open.
    class Dumps
      MOST_OPEN = 16
      PATIENCE = 0.5 # seconds for which a request waits for a dump that is opened
      PAUSE = 2 # seconds between two looks into the directory
      ID = Kinds::Names.new(1..1, Dump::DIGITS, "a dump, as in the answer of dumps")
      private_constant :PATIENCE

      # Why there is no dump, in a sentence (String); nil if there is one.
      attr_reader :trouble

      # +source+ is an Array of paths or the path of a directory, +options+ are those of
      # Snapshot.new.
      def initialize(source, most_open: MOST_OPEN, pause: PAUSE, **options)
        @most_open = most_open
        @pause = pause
        @directory = source.is_a?(Array) ? nil : Dumps.directory(source)
        @options = options
        @mutex = Mutex.new
        @changed = ConditionVariable.new
        @queue = []
        @open = []
        @dumps = source.is_a?(Array) ? by_id(source.map { |path| File.path(path) }) : {}
      end

      def self.directory(path)
        path = File.path(path)
        return path if File.directory?(path)

        raise ArgumentError,
              "dumps: is an Array of paths or a directory, and #{path} is no directory"
      end

      # All of them, in the order of time, or as they were given (Array of Dump).
      def all
        @mutex.synchronize do
          look
          @dumps.values
        end
      end

      # Those with these ids, opened (Array of Opened). Raises Refusal for an unknown one, for one
      # that cannot be opened, and if opening takes longer than a request can wait.
      def open(ids)
        @mutex.synchronize do
          wanted = ids.map { |id| find(id) }
          wanted.each { |dump| want(dump) }
          patience = now + PATIENCE
          wanted.each { |dump| await(dump, patience) }
          wanted.map { |dump| use(dump) }
        end
      end

      # Opens all, or the last ones if they are too many to stay open. Returns when that is done.
      def open_all
        @mutex.synchronize do
          look
          wanted = @dumps.values.last(@most_open)
          wanted.each { |dump| want(dump) }
          @changed.wait(@mutex) until wanted.all?(&:settled?)
        end
      end

      # As for Snapshot.open: false if no file may be written beside dumps.
      def index
        @options.fetch(:index, :auto)
      end

      # How far the one is that is being opened, as Snapshot#progress.
      def progress
        @dumps.each_value.lazy.filter_map(&:progress).first
      end

      def inspect # :nodoc:
        "#{@dumps.size} dumps#{" of #{@directory}" if @directory}"
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      def by_id(paths)
        paths.map { |path| Dump.new(path) }.to_h { |dump| [dump.id, dump] }
      end

      # Looks into the directory, unless that was done just now.
      def look
        return if @directory.nil? || (@looked && now - @looked < @pause)

        @looked = now
        found = by_id(Snapshot::Directory.dumps(@directory))
        take(found.to_h { |id, dump| [id, @dumps.fetch(id, dump)] })
        @trouble = nil
      rescue Error => e
        take({})
        @trouble = e.message
      end

      # Those that are no longer there need not stay open.
      def take(dumps)
        @dumps = dumps
        (@open - dumps.values).each { |dump| forget(dump) }
      end

      def find(id)
        look unless @dumps.key?(id)
        @dumps[id] or raise Refusal.new(404, "no_such_dump", "there is no dump with that id")
      end

      # It was used last.
      def touch(dump)
        @open << dump if @open.delete(dump)
      end

      def want(dump)
        forget(dump) if dump.stale?
        touch(dump)
        return unless dump.closed? || lost?(dump)

        dump.wait
        @queue << dump unless @queue.include?(dump)
        @opener = Thread.new { nil while open_next } unless @opener&.alive?
      end

      # Whether it waits for a thread that is gone, as in a process that was forked meanwhile.
      def lost?(dump)
        !dump.settled? && !@opener&.alive?
      end

      def forget(dump)
        @open.delete(dump)
        dump.close
      end

      # Opens the first of the queue. Returns nil if there is none: then its thread ends. (That may
      # run before it is assigned, but waits here until it is.)
      def open_next
        dump = @mutex.synchronize { @queue.shift || (@opener = nil) } or return
        dump.open(**@options)
        @mutex.synchronize do
          keep(dump)
          @changed.broadcast
        end
      end

      def keep(dump)
        return unless dump.state == :open
        return dump.close unless @dumps[dump.id].equal?(dump) # it has left the directory

        @open << dump
        forget(@open.first) while @open.size > @most_open
      end

      def await(dump, patience)
        until dump.settled?
          left = patience - now
          raise opening(dump) unless left.positive?

          @changed.wait(@mutex, left)
        end
      end

      # Returns the Opened, and takes it for the one that was used last.
      def use(dump)
        raise Refusal.failed(dump.fault) if dump.fault
        raise unreadable(dump) if dump.error
        raise opening(dump) unless dump.opened # others have taken its place meanwhile

        touch(dump)
        dump.opened
      end

      def opening(dump)
        work, done, all = dump.progress
        Refusal.new(503, "opening", "the dump #{dump.name} is being read",
                    more: { progress: { work: work || dump.state.to_s, done: done, of: all } },
                    headers: { "retry-after" => "1" })
      end

      def unreadable(dump)
        Refusal.new(422, "unreadable_dump", dump.error)
      end
    end
  end
end
