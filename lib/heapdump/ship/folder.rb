# frozen_string_literal: true

module HeapDump
  module Ship
    # A directory, on another disk or of a network file system. A file appears in it when it is
    # whole, and replaces none.
    class Folder < Sink # :nodoc:
      # No process has this number, so that nothing but a try for the same file has this name.
      PARTIAL = ".partial-0"
      CREATE = File::WRONLY | File::CREAT | File::NOFOLLOW
      private_constant :PARTIAL, :CREATE

      def self.from(text, **)
        path = text.delete_prefix("file:").sub(%r{\A//(?=/)}, "")
        unless path.start_with?("/")
          raise Error, "file: needs a path that begins with a slash, as file:/mnt/dumps"
        end

        new(path)
      end

      attr_reader :path

      def initialize(path)
        super()
        @path = File.expand_path(path)
        unless File.exist?(@path)
          raise Error, "there is no directory #{@path}; make it (mkdir), or mount its disk"
        end
        return if File.directory?(@path) && File.writable?(@path)

        raise Error, "#{@path} is no directory to which this user can write"
      end

      def to_s
        @path
      end

      def deliver(file, facts)
        require "fileutils" # a watch has only the address checked, before Bundler chooses gems
        target = File.join(@path.b, name_of(file, facts).b) # text and bytes cannot be joined
        raise Errno::ENOENT unless File.directory?(@path) # a new one would be on another disk

        FileUtils.mkdir_p(File.dirname(target), mode: 0o700)
        if File.exist?(target)
          itself(target) if File.identical?(file, target)
          conflict(target) unless same?(file, target)
        else
          copy(file, target, facts["sha256"])
        end
        Receipt.new(Terminal::Text.valid(target))
      rescue SystemCallError => e
        raise Error, "#{File.dirname(target)}: #{Terminal::Trouble.words(e)}"
      end

      private

      # With --delete, there would be none of it any more.
      def itself(target)
        raise Error, "#{target} is the dump itself, through a link; give another place"
      end

      def same?(file, target)
        File.size(file) == File.size(target) && FileUtils.compare_file(file, target)
      end

      # What a try before this one has left is written over.
      def copy(file, target, sha256)
        partial = "#{target}#{PARTIAL}"
        File.open(partial, CREATE, 0o600) do |io|
          raise Error, "another process writes #{target} now" unless alone?(io, partial)

          fill(io, partial, target) { Source.open(file, sha256) { |one| IO.copy_stream(one, io) } }
        end
        sync(File.dirname(target))
      end

      # Also on another machine, with dumps of the same names.
      def alone?(io, partial)
        io.flock(File::LOCK_EX | File::LOCK_NB) && File.identical?(io, partial)
      rescue Errno::ENOLCK, Errno::EOPNOTSUPP
        true # as far as can be known
      end

      # Nothing of it stays if it is not whole, also if this process is interrupted.
      def fill(io, partial, target)
        io.chmod(0o600) # of one that has been left
        io.truncate(0)
        yield
        io.fsync
        conflict(target) if File.exist?(target) # another process was faster
        whole = File.rename(partial, target)
      ensure
        FileUtils.rm_f(partial) unless whole
      end

      # So that the name outlives a power failure too: with --delete it is the only one.
      def sync(directory)
        File.open(directory, &:fsync)
      rescue SystemCallError
        nil # not every file system can
      end
    end
  end
end
