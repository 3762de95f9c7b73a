# frozen_string_literal: true

require "json"
require_relative "lease"
require_relative "places"

module HeapDump
  module Asking
    # Requests in a directory that all processes see: DIR/asks/ID has the request, a file for each
    # place that is taken (Places), and a file with the steps of each process. Methods raise
    # SystemCallError, and Down if there is no such directory.
    class FileBus # :nodoc:
      REQUEST = "request.json"
      CANCELLED = "cancelled"
      STEPS = ".jsonl"
      MOST = 1 << 20 # bytes of a file; ours are shorter
      MOST_OF_A_REQUEST = 1 << 16
      KEPT = 7 * 86_400 # seconds for which a request that is over can be looked at
      NEW = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
      MORE = File::WRONLY | File::CREAT | File::APPEND | File::NOFOLLOW | File::NONBLOCK
      NONE = [].freeze # requests
      private_constant :REQUEST, :CANCELLED, :STEPS, :MOST, :MOST_OF_A_REQUEST, :KEPT, :NEW, :MORE,
                       :NONE

      def initialize(directory)
        @directory = directory.dup.freeze # else Ruby copies the paths at each look
        @asks = File.join(directory, "asks").freeze
        @over = []
        @places = Hash.new { |places, id| places[id] = Places.new(path(id)) }
      end

      def to_s
        "file:#{@directory}"
      end

      # For processes that dump.

      # The requests that may still be begun with by now, as +clock+ tells it, the oldest first.
      # Those that are over are read once only: there may be thousands, and each process looks every
      # few seconds.
      def open(clock)
        unless File.directory?(@asks)
          there
          return NONE
        end

        refuse_strangers
        ids = self.ids
        @over &= ids
        @places.keep_if { |id, _| ids.include?(id) }
        news = ids - @over
        news.empty? ? NONE : still_open(news, clock.now)
      end

      def cancelled?(id)
        File.exist?(path(id, CANCELLED))
      end

      # A place among those that dump, which no other process has; nil if all are taken.
      def claim(request, who)
        @places[request.id].claim(request.count, who.key)
      end

      # A sign of life. Returns whether the place is still that of +who+; nil if nobody can say now.
      def renewed?(id, place, who)
        @places[id].renewed?(place, who.key)
      end

      # The place is nobody else's, whether there are signs of life or not.
      def keep(id, place, who)
        @places[id].keep(place, who.key)
      end

      def free(id, place, who)
        @places[id].free(place, who.key)
      end

      # In one call, so that a reader sees a whole line or none. On a full disk that may be half a
      # line; the next one begins after it. A request that is gone is nobody's.
      def tell(id, who, step)
        line = "\n#{Progress.line(step)}\n"
        File.open(path(id, who.key + STEPS), MORE, 0o600) do |file|
          raise Errno::ENOSPC, file.path if file.syswrite(line) < line.bytesize
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
        require "fileutils" # processes that dump need it not
        there
        as_owner do
          make(@asks)
          all.each { |old| FileUtils.rm_rf(path(old.id)) if old.end + KEPT < request.made }
          make(path(request.id))
          new = path(request.id, "new")
          File.write(new, "#{request.to_json}\n", flags: NEW, perm: 0o600)
          File.rename(new, path(request.id, REQUEST))
        end
      end

      # All requests, the oldest first.
      def all
        there
        requests(ids)
      end

      # What processes have told (Hashes), in the order of time. Where something could not be told
      # completely it may be there twice.
      def steps(id)
        files = Dir.children(path(id)).select { |name| name.end_with?(STEPS) }
        steps = files.flat_map do |name|
          lines = read(path(id, name)).to_s.lines("\n")
          lines.filter_map { |line| Progress.step(line) }.uniq { |step| step["n"] }
        end
        steps.sort_by { |step| [step["time"], step["host"], step["pid"], step["n"]] }
      rescue Errno::ENOENT
        []
      end

      # Returns the id; nil if there is no such request.
      def cancel(id)
        return unless File.directory?(path(id))

        as_owner { File.new(path(id, CANCELLED), MORE, 0o600).close }
        id
      end

      private

      # Those of +ids+ that may still be begun with. The others are over.
      def still_open(ids, now)
        open, over = requests(ids).partition do |request|
          request.open?(now) && !cancelled?(request.id)
        end
        @over.concat(over.map(&:id))
        open
      end

      # It is a directory that others have, so nobody makes it here.
      def there
        raise Down, "there is no such directory" unless File.directory?(@directory)
      end

      def path(id, *file)
        File.join(@asks, id, *file)
      end

      def ids
        Dir.children(@asks).select { |name| Request.id?(name) }
      rescue Errno::ENOENT
        []
      end

      # Those of +ids+ that are there, the oldest first.
      def requests(ids)
        requests = ids.filter_map do |id|
          request = Request.read(read(path(id, REQUEST), MOST_OF_A_REQUEST).to_s)
          request if request&.id == id
        end
        requests.sort_by { |request| [request.made, request.id] }
      end

      def read(path, most = MOST)
        Places.read(path, most)
      end

      # Whoever can write there can ask: nobody but this user, the owner of the directory, and root.
      def refuse_strangers
        stat = File.stat(@asks)
        raise Down, "#{@asks} can be written to by everybody" unless stat.mode.nobits?(0o002)

        owner = stat.uid
        return if owner.zero? || owner == Process.euid || owner == File.stat(@directory).uid

        raise Down, "#{@asks} belongs to another user"
      end

      # What root makes is for the owner of the directory, whose processes are to read it.
      def make(path)
        Dir.mkdir(path, 0o700)
        return unless Process.euid.zero?

        stat = File.stat(@directory)
        File.lchown(stat.uid, stat.gid, path)
      rescue Errno::EEXIST
        nil
      end

      # As root it yields with the rights of the owner of the directory, who could lead root
      # elsewhere by links. For a command, not for processes of an application: it concerns all
      # threads.
      def as_owner
        stat = File.stat(@directory)
        return yield if !Process.euid.zero? || stat.uid.zero?

        before = [Process.groups, Process.egid]
        begin
          Process.groups = [stat.gid]
          Process.egid = stat.gid
          Process.euid = stat.uid
          yield
        ensure
          Process.euid = 0
          Process.groups, Process.egid = before
        end
      end
    end
  end
end
