# frozen_string_literal: true

require_relative "../dump_files"
require_relative "../ship/lock"
require_relative "../ship/marks"

module HeapDump
  class Watch
    # The directory of the dumps, with a directory for each series: the dumps of one life of a
    # process.
    class Directory # :nodoc:
      # The process that ships the dumps for a watch has the lock of this file.
      SHIPPING = "ship.watch"
      # A file with a dump.
      Dump = Struct.new(:path, :series, :bytes, :time)

      attr_reader :path

      # Whether others than its owner may put files there, by its mode. The sticky bit, as /tmp has
      # it, keeps what is there already, but not the names of what this watch has yet to make.
      def self.open?(stat)
        stat.mode.anybits?(0o022)
      end

      def initialize(path)
        @path = path
      end

      # Makes it if it is not there. Returns why no dump can go there (String), nil if one can.
      #
      # Its files can be read by their owner only, but whoever owns the directory, or a link to it,
      # or may write to it, could replace them.
      def problem
        make(@path)
        stat = File.stat(@path)
        return "#{named} is no directory" unless stat.directory?

        owners = [stat.uid, File.lstat(@path).uid]
        return "#{named} belongs to another user" unless (owners - [0, Process.euid]).empty?
        return "other users may write to #{named}; name a directory in it" if Directory.open?(stat)

        "#{named} cannot be written to by this user" unless File.writable?(@path)
      rescue Errno::ENOENT
        return "#{named} is a link that leads nowhere" if File.symlink?(@path)

        "#{named} cannot be made: there is no directory #{Terminal::Text.safe(File.dirname(@path))}"
      rescue SystemCallError => e
        "#{named} cannot be made: #{Terminal::Trouble.words(e)}"
      end

      # The path of a series, which is made if it is not there. Raises SystemCallError.
      def series(name)
        path = File.join(@path, name)
        make(path)
        stat = File.lstat(path)
        raise Errno::ENOTDIR, path unless stat.directory?
        raise Errno::EPERM, path unless stat.uid == Process.euid

        path
      end

      # All dumps of all series, the oldest first.
      def dumps
        all_series.flat_map { |series| dumps_of(series) }.sort_by { |one| [one.time, one.path] }
      end

      # The names of all series.
      def all_series
        names = Dir.children(@path).select { |name| DumpFiles.series?(name) }
        names.select { |name| File.lstat(join(name)).directory? }
      rescue SystemCallError
        []
      end

      # The dumps of a series, the oldest first.
      def dumps_of(series)
        names = Dir.children(join(series)).reject { |name| DumpFiles.other?(name) }
        names.filter_map { |name| dump(series, name) }.sort_by { |one| [one.time, one.path] }
      rescue SystemCallError
        [] # another process has removed it
      end

      # The names of the dumps of a series that are being written, or were when their process was
      # killed. Raises SystemCallError.
      def partial_in(series)
        Dir.children(join(series)).select { |name| DumpFiles.partial?(name) }
      end

      # Whether a dump of a series is being written. It may be that of a process which was killed
      # meanwhile, and whose lock is free again. Each file is locked until it is whole.
      def being_written?
        all_series.any? do |series|
          partial_in(series).any? { |name| Ship::Lock.held?(join(series, name)) }
        rescue SystemCallError
          false # another process has removed it
        end
      end

      # Whether a process ships dumps for a watch, as far as this user may know.
      def being_shipped?
        Ship::Lock.held?(join(SHIPPING))
      end

      # Removes a dump, and then what belongs to it.
      def remove(dump)
        ["", *DumpFiles::BESIDE].each { |ending| unlink(dump.path + ending) }
      end

      # Removes a series: its files and then itself. Nothing but files of a series is removed, and
      # no mark before its dump.
      def remove_series(name)
        Dir.children(join(name)).sort.each { |file| unlink(join(name, file)) }
        Dir.rmdir(join(name))
      rescue SystemCallError
        nil
      end

      # Removes what processes that were killed have left half written. +age+: seconds.
      def remove_partial(now, age)
        all_series.each do |series|
          partial_in(series).each do |name|
            unlink(join(series, name)) if File.lstat(join(series, name)).mtime < now - age
          end
        rescue SystemCallError
          next
        end
      end

      def join(*names)
        File.join(@path, *names)
      end

      private

      def named
        Terminal::Text.safe(@path)
      end

      # Only the last of its names: if what is above is missing, something is wrong.
      def make(path)
        Dir.mkdir(path, 0o700)
      rescue Errno::EEXIST
        nil
      end

      def dump(series, name)
        path = join(series, name)
        stat = File.lstat(path)
        Dump.new(path, series, stat.size, stat.mtime) if stat.file?
      rescue SystemCallError
        nil
      end

      def unlink(path)
        File.unlink(path)
      rescue SystemCallError
        nil
      end
    end
  end
end
