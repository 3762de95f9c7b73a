# frozen_string_literal: true

require "fileutils"
require "json"

module HeapDump
  module Asking
    # Requests in a directory that all processes see: DIR/asks/ID has the request, a file for each
    # place that is taken, which only one process can make, and a file with the steps of each
    # process. Methods raise SystemCallError, and Down if there is no such directory.
    class FileBus # :nodoc:
      REQUEST = "request.json"
      CANCELLED = "cancelled"
      STEPS = ".jsonl"
      MOST = 1 << 20 # bytes of a file; ours are shorter
      KEPT = 7 * 86_400 # seconds for which a request that is over can be looked at
      NEW = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
      MORE = File::WRONLY | File::CREAT | File::APPEND | File::NOFOLLOW
      private_constant :REQUEST, :CANCELLED, :STEPS, :MOST, :KEPT, :NEW, :MORE

      def initialize(directory)
        @directory = directory
        @asks = File.join(directory, "asks")
      end

      def to_s
        "file:#{@directory}"
      end

      # For processes that dump.

      # The requests that may still be begun with, the oldest first.
      def open(now)
        there
        return [] unless File.directory?(@asks) && ours?

        all.select { |request| request.open?(now) && !cancelled?(request.id) }
      end

      def cancelled?(id)
        File.exist?(path(id, CANCELLED))
      end

      # A place among those that dump, which no other process gets; nil if all are taken. One that
      # cannot be written, as on a full disk, is free again.
      def claim(request, who)
        (1..request.count).find { |place| write_place(path(request.id, "place-#{place}"), who) }
      end

      def free(id, place, who)
        file = path(id, "place-#{place}")
        File.unlink(file) if File.binread(file, MOST) == who.key
      rescue Errno::ENOENT
        nil
      end

      # In one call, so that a reader sees a whole line or none. A request that is gone is nobody's.
      def tell(id, who, step)
        File.open(path(id, who.key + STEPS), MORE, 0o600) do |file|
          file.syswrite("#{JSON.generate(step)}\n")
        end
      rescue Errno::ENOENT
        nil
      end

      # Those that have something to open and to close say so.
      def begin; end

      def bell; end

      def silence; end

      def close; end

      def forget; end

      # For who asks.

      # Puts a request there. Those that are long over are removed.
      def publish(request)
        there
        make(@asks)
        all.each { |old| remove(path(old.id)) if old.end + KEPT < request.made }
        make(path(request.id))
        given(path(request.id, "new")) do |file|
          File.write(file, "#{request.to_json}\n", flags: NEW, perm: 0o600)
        end
        File.rename(path(request.id, "new"), path(request.id, REQUEST))
      end

      # All requests, the oldest first.
      def all
        there
        names = Dir.children(@asks).select { |name| Request.id?(name) }
        requests = names.filter_map do |id|
          request = Request.read(File.binread(path(id, REQUEST), MOST).to_s)
          request if request&.id == id
        rescue Errno::ENOENT
          nil # not there yet, or not any more
        end
        requests.sort_by { |request| [request.made, request.id] }
      rescue Errno::ENOENT
        []
      end

      # What processes have told (Hashes), in the order of time.
      def steps(id)
        files = Dir.children(path(id)).select { |name| name.end_with?(STEPS) }
        lines = files.flat_map { |name| File.binread(path(id, name), MOST).to_s.lines("\n") }
        steps = lines.filter_map { |line| Progress.step(line) }
        steps.sort_by { |step| [step["time"], step["host"], step["pid"], step["n"]] }
      rescue Errno::ENOENT
        []
      end

      # Returns the id; nil if there is no such request.
      def cancel(id)
        return unless File.directory?(path(id))

        given(path(id, CANCELLED)) { |file| File.new(file, MORE, 0o600).close }
        id
      end

      private

      # Returns nil if another process has it.
      def write_place(file, who)
        File.open(file, NEW, 0o600) do |io|
          io.write(who.key)
          io.flush
        rescue SystemCallError
          File.unlink(file)
          raise
        end
        true
      rescue Errno::EEXIST
        nil
      end

      # It is a directory that others have, so nobody makes it here.
      def there
        raise Down, "there is no such directory" unless File.directory?(@directory)
      end

      def path(id, *file)
        File.join(@asks, id, *file)
      end

      # Whoever can write there can ask: nobody but this user, the owner of the directory, and root.
      def ours?
        stat = File.stat(@asks)
        raise Down, "#{@asks} can be written to by everybody" unless stat.mode.nobits?(0o002)
        return true if [0, Process.euid, File.stat(@directory).uid].include?(stat.uid)

        raise Down, "#{@asks} belongs to another user"
      end

      def make(path)
        given(path) { |directory| Dir.mkdir(directory, 0o700) }
      rescue Errno::EEXIST
        nil
      end

      # Root follows no link that the owner of the directory puts there meanwhile.
      def remove(path)
        FileUtils.remove_entry_secure(path)
      rescue SystemCallError, ArgumentError
        nil # it is looked at no more
      end

      # What root makes is for the owner of the directory, whose processes are to read it. A link
      # that was put there meanwhile leads root nowhere.
      def given(path)
        yield path
        return unless Process.euid.zero?

        stat = File.stat(@directory)
        File.lchown(stat.uid, stat.gid, path)
      end
    end
  end
end
