# frozen_string_literal: true

require "fileutils"
require "zlib"

module HeapDump
  module Testing
    # The directory with the dumps of one block. It is removed if nothing is found, else it is kept
    # under a name that says of which test it is. Older ones are removed then, see Settings#keep.
    #
    #   folder = Folder.new("visit")
    #   folder.path(1)          # => "/srv/app/tmp/heapdump/.running-4711-1/1.json"
    #   folder.keep.directory   # => "/srv/app/tmp/heapdump/visit-20261130T070000-4711-1"
    class Folder # :nodoc:
      RUNNING = ".running-"
      KEPT = /-\d{8}T\d{6}-\d+-\d+\z/
      RUNS = 24 * 3600 # seconds; whatever is older was left by a process that was killed
      LONGEST = 60 # characters of a label
      private_constant :RUNNING, :KEPT, :RUNS, :LONGEST

      @number = 0
      class << self
        # So that no two directories of a process have one name.
        def next_number
          @number += 1
        end
      end

      # An absolute path.
      attr_reader :directory

      # +label+ is a name for people.
      def initialize(label)
        @root = Testing.settings.directory
        @name = label.scrub.gsub(/[^\w.-]+/, "-")[0, LONGEST].gsub(/\A[-.]+|-+\z/, "")
        @id = "#{Process.pid}-#{Folder.next_number}"
        @directory = File.join(@root, "#{RUNNING}#{@id}")
        FileUtils.rm_rf(@directory)
        FileUtils.mkdir_p(@root)
        Dir.mkdir(@directory, 0o700)
      end

      # Where the dump with this number is.
      def path(number)
        File.join(@directory, "#{number}.json")
      end

      # Compresses the dumps, and gives it the name under which it is kept. Returns self.
      def keep
        Dir.children(@directory).each { |name| compress(File.join(@directory, name)) }
        time = Time.now.utc.strftime("%Y%m%dT%H%M%S")
        kept = File.join(@root, "#{@name.empty? ? "heap" : @name}-#{time}-#{@id}")
        File.rename(@directory, kept)
        @directory = kept
        remove_old
        self
      end

      def remove
        FileUtils.rm_rf(@directory)
      end

      # The same as #directory, as short as it can be said here.
      def told
        Testing.here(@directory)
      end

      # The dumps as an argument of a command.
      def pattern
        "#{told}/*.json.gz"
      end

      private

      def compress(path)
        File.open("#{path}.gz", File::WRONLY | File::CREAT | File::EXCL, 0o600) do |file|
          Zlib::GzipWriter.wrap(file, Zlib::BEST_SPEED) { |out| IO.copy_stream(path, out) }
        end
        File.unlink(path)
      end

      def remove_old
        settings = Testing.settings
        kept = entries { |name| name.match?(KEPT) }
        old = kept.drop([settings.keep - 1, 0].max) + older(kept, settings.keep_days * 24 * 3600)
        FileUtils.rm_rf((old + older(entries { |name| name.start_with?(RUNNING) }, RUNS)).uniq)
      end

      # Directories whose names the block chooses, the youngest first; never the own one.
      def entries(&)
        paths = Dir.children(@root).select(&).map { |name| File.join(@root, name) }
        paths.select { |path| File.lstat(path).directory? && path != @directory }
             .sort_by { |path| [-File.mtime(path).to_f, path] }
      rescue Errno::ENOENT # another process has removed one
        []
      end

      def older(paths, seconds)
        paths.select { |path| File.exist?(path) && File.mtime(path) < Time.now - seconds }
      end
    end
  end
end
