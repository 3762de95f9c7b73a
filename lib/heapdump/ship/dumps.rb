# frozen_string_literal: true

require_relative "../dump_files"
require_relative "../snapshot"

module HeapDump
  module Ship
    # The dumps in a directory, and in the directories of series in it, as a watch makes them.
    class Dumps # :nodoc:
      # Seconds for which a file has to be unchanged. Nothing says that a dump without a footer is
      # whole, so it has to rest longer.
      YOUNG = 2
      RESTED = 60
      NAMED = /\.json(?:\.gz|\.zst)?\z/n
      LOCK = "lock" # of the watch: one process has it while it makes a dump
      private_constant :RESTED, :NAMED, :LOCK

      # A dump: its path, its name below the directory, and what the system says of the file.
      Dump = Struct.new(:path, :name, :stat) do
        def state
          Marks.state(path)
        end

        # Whether the file is still as it was.
        def same?
          Marks.of?(File.lstat(path), Marks.identity(stat))
        rescue SystemCallError
          false
        end

        def bytes
          stat.size
        end
      end

      attr_reader :path

      # +young+: seconds instead of YOUNG.
      def initialize(path, young: YOUNG)
        raise Error, "the name of the directory is empty" if path.empty?

        @path = File.expand_path(path)
        @young = young
        @wholeness = {}
        raise Error, "#{@path} is no directory" unless File.directory?(@path)
      end

      # Raises HeapDump::Error if a sink would bring dumps to where they are, or where they would be
      # found and shipped again.
      def check_place(sink)
        return unless sink.is_a?(Folder)
        return unless ["", *series].any? { |name| File.identical?(sink.path, join(name)) }

        raise Error, "#{sink.path} is the directory itself, or that of a series in it; give " \
                     "another place"
      end

      # All of them, the oldest first. Raises HeapDump::Error if the directory cannot be read.
      def all
        ["", *series].flat_map { |folder| in_folder(folder) }
                     .sort_by { |dump| [dump.stat.mtime, dump.name] }
      rescue SystemCallError => e
        raise Error, "#{@path}: #{Terminal::Trouble.words(e)}"
      end

      # The dump with that name in the directory itself; nil if there is none.
      def find(name)
        dump("", name)
      end

      # The seconds until a dump can be shipped (Numeric); 0: now; nil: not at all as it is, because
      # it is not whole.
      def wait(dump, now = Time.now)
        age = now - dump.stat.mtime
        return @young - age if age.between?(0, @young)
        return YOUNG if unrecorded?(dump)
        return 0 unless File.readable?(dump.path) # the try says why not

        whole = wholeness(dump).whole
        return whole ? 0 : nil unless whole.nil?

        rested?(dump, now) ? 0 : RESTED - age
      rescue ReadError
        nil
      end

      # Whether nobody seems to write it any more. A file server's clock may be ahead a little.
      def rested?(dump, now = Time.now)
        (now - dump.stat.mtime).abs >= RESTED
      end

      # What a dump says of itself (Wholeness). It is read once for each state of the file.
      def wholeness(dump)
        identity = Marks.identity(dump.stat)
        known, found = @wholeness[dump.path]
        return found if known == identity

        Wholeness.new(dump.path).tap { |fresh| @wholeness[dump.path] = [identity, fresh] }
      end

      # Forgets what is known of dumps that are no longer there.
      def forget(others)
        @wholeness = @wholeness.slice(*others.map(&:path))
      end

      private

      def series
        children("").select { |name| DumpFiles.series?(name) && directory?(join(name)) }
      end

      def directory?(path)
        File.lstat(path).directory?
      rescue Errno::ENOENT
        false # it has just been removed
      end

      def in_folder(folder)
        children(folder).filter_map { |name| dump(folder, name) }
      rescue Errno::ENOENT
        [] # the series has just been removed
      end

      # Whether a watch may still write the manifest of a dump, however long that takes: it has its
      # lock until then.
      def unrecorded?(dump)
        dump.name.include?("/") && !File.exist?(dump.path + Manifest::ENDING) &&
          Lock.held?(join(LOCK))
      end

      # No links: a file of somebody else could be behind one.
      def dump(folder, name)
        path = join(folder, name)
        stat = File.lstat(path)
        return unless stat.file? && !DumpFiles.other?(name) && dump_at?(path)

        Dump.new(path, folder.empty? ? name : File.join(folder, name), stat)
      rescue SystemCallError
        nil
      end

      # A file that this user must not read may be one, and then somebody has to hear of it.
      def dump_at?(path)
        return path.match?(NAMED) unless File.readable?(path)

        Snapshot::Directory.dump_at?(path)
      end

      # Linux allows any bytes in a name; those that are no text are taken as bytes. A hidden file
      # is no dump: NFS renames a file to .nfs… that is removed while somebody reads it, and rsync
      # has such names for what it writes.
      def children(folder)
        Dir.children(join(folder)).reject { |name| name.start_with?(".") }
           .map { |name| name.valid_encoding? ? name : name.b }
      end

      # Text and bytes cannot be joined.
      def join(*names)
        File.join(*[@path, *names].reject(&:empty?).map(&:b))
      end
    end
  end
end
