# frozen_string_literal: true

require "securerandom"
require_relative "../compression"
require_relative "handover"
require_relative "loan"

module HeapDump
  module Outside
    # A new directory in which another process puts its dump. Only the user of the process can read
    # it, both sides can see it, and it is on the same disk as the wanted file if the process may
    # write there. If it is removed, the process gives up the dump at whatever stage it is.
    #
    # The user of the process may not be trusted, and owns the directory. That user may put another
    # directory in its place, or a link to one of ours. So everything in it is accessed through its
    # descriptor, no link in it is followed, and only the files that we know are removed.
    class WorkDirectory
      ELSEWHERE = ["/var/tmp", "/tmp"].freeze
      REPORT_BYTES = 4096
      TRIES = 10
      ENDING = /\.json(\.\w+)?\z|\.zst\z|\.gz\z/
      OPEN = File::RDONLY | File::NONBLOCK

      # The directory as the process sees it.
      attr_reader :inner_path

      # Creates the directory, yields it, and removes it after the block. Signals that end this
      # command take effect only while the block runs.
      # The process can load code from it if it has to (+code+).
      def self.open(target, wanted, code: false)
        with_interrupts_that_wait do
          Thread.handle_interrupt(SignalException => :never) do
            directory = new(target, wanted, code: code)
            Thread.handle_interrupt(SignalException => :immediate) { yield directory }
          ensure
            directory&.remove
          end
        end
      end

      # Makes Interrupt wait like other exceptions: Ruby itself raises it even if a thread defers
      # them.
      def self.with_interrupts_that_wait
        before = trap("INT") { Thread.main.raise(Interrupt, "") }
        trap("INT", before) if before == "IGNORE"
        yield
      ensure
        trap("INT", before || "DEFAULT")
      end
      private_class_method :with_interrupts_that_wait

      def initialize(target, wanted, code: false)
        @target = target
        @code = code
        @name = "heap#{wanted[ENDING]}"
        parent, problem = choose([File.dirname(File.absolute_path(wanted)), *ELSEWHERE])
        return if parent

        raise Error, "user #{target.user} of process #{target.pid} can write neither beside " \
                     "#{File.absolute_path(wanted)} nor in #{ELSEWHERE.join(" or ")}: #{problem}"
      end

      # The path to which the process writes the dump, as the process sees it, and those for one
      # that lacks libraries (Compression.names).
      def inner_dumps
        Compression.names(@name).map { |name| File.join(inner_path, name) }
      end

      # Copies a file of ours into it, as code that the process loads. Returns its path as the
      # process sees it.
      def lend(file)
        File.open(entry(@directory, Loan::NAME), Handover::CREATE, 0o644) do |copy|
          IO.copy_stream(file, copy)
          copy.chmod(0o644)
        end
        File.join(inner_path, Loan::NAME)
      end

      # What the process has reported so far; nil if nothing.
      def report
        File.open(entry(@directory, "report"), Handover::READ) do |file|
          file.read(REPORT_BYTES) if file.stat.file?
        end
      rescue Errno::ENOENT, Errno::ELOOP, Errno::ENXIO
        nil
      end

      # What the process has written in the place of a dump, at most +limit+ bytes.
      def content(limit)
        File.open(entry(@directory, @name), Handover::READ) do |file|
          raise Errno::ELOOP unless Handover.written_by?(@target, file.stat)

          file.read(limit).to_s
        end
      rescue Errno::ENOENT, Errno::ELOOP, Errno::ENXIO
        raise Error, Handover.foreign(@target)
      end

      # Moves the dump to +path+, or to another of its names (Compression.names), by the number that
      # its name here has as well. Returns the path.
      def deliver(path, number = 0)
        inner, outer = [@name, path].map { |one| Compression.names(one)[number] }
        raise Error, Handover.foreign(@target) unless inner && outer

        Handover.move(entry(@directory, inner), outer, @target)
        outer
      end

      # Removes the directory. It tries again if the process has just created or renamed a file in
      # it: the process does that once for each of the files that we know.
      def remove
        tries ||= 0
        names = Regexp.union(Compression.names(@name))
        own = /\A(report|#{Loan::NAME}|(#{names})(\.partial-\d+)?)\z/
        Dir.children(entry(@directory)).grep(own).each { |name| unlink(name) }
        Dir.rmdir(entry(@parent, File.basename(inner_path)))
      rescue Errno::ENOTEMPTY
        retry if (tries += 1) < TRIES
        raise
      rescue Errno::ENOENT, Errno::ENOTDIR
        nil # its user has removed it
      ensure
        [@directory, @parent].each(&:close)
      end

      private

      def unlink(name)
        File.unlink(entry(@directory, name))
      rescue Errno::ENOENT, Errno::EISDIR
        nil # renamed, or not one of the files that we know
      end

      def choose(parents)
        problem = nil
        parents.each do |parent|
          next if parent == parents.first && !@target.sees?(parent)

          return parent if (problem = try(parent)).nil?
        end
        [nil, problem]
      end

      # Creates the directory. Returns nil, or the reason why it cannot be created.
      def try(parent)
        return "#{parent} cannot be written to" unless reachable?(parent)
        return "#{parent} is read-only for it" if Loan.read_only?(@target, parent)
        if @code && Loan.executable?(@target, parent) == false
          return "no code may be loaded from #{parent}"
        end

        @parent = @target.sees?(parent) ? File.new(parent, OPEN) : open_outer(parent)
        name = ".heapdump-#{@target.pid}-#{SecureRandom.hex(6)}"
        Dir.mkdir(entry(@parent, name), 0o700)
        @directory = adopt(entry(@parent, name))
        @inner_path = File.join(parent, name)
        nil
      rescue SystemCallError => e
        @parent&.close
        e.message
      end

      # Opens the new directory, if it still is the one that was created, and gives it to the user
      # of the process.
      def adopt(path)
        directory = File.new(path, OPEN | File::NOFOLLOW)
        stat = directory.stat
        new = stat.directory? && stat.owned? && stat.mode.nobits?(0o077) &&
              Dir.empty?(entry(directory))
        raise Error, "somebody has put something else in place of #{path}" unless new

        give(directory, path)
        directory
      end

      def give(directory, path)
        directory.chown(@target.uid, @target.gid) if Process.euid.zero?
      rescue SystemCallError
        Dir.rmdir(path)
        raise
      end

      # Opens a directory below the root of the process without following links: in a root of its
      # own the process may have links that would lead to our files.
      def open_outer(path)
        parts = path.split("/").reject(&:empty?)
        parts.inject(File.new(@target.outer_path("/"), OPEN)) do |directory, name|
          File.new(entry(directory, name), OPEN | File::NOFOLLOW)
        ensure
          directory.close
        end
      end

      # The path of an entry in an open directory. It stays right if the directory itself is
      # renamed.
      def entry(directory, name = ".")
        "/proc/self/fd/#{directory.fileno}/#{name}"
      end

      # Whether a directory can be used. Root can write everywhere, but then the user of the process
      # has to be able to reach the directory.
      def reachable?(parent)
        return File.writable?(@target.outer_path(parent)) unless Process.euid.zero?
        return true if @target.uid.zero?

        each_above(parent).all? do |directory|
          stat = File.stat(@target.outer_path(directory))
          bits = if stat.uid == @target.uid then stat.mode >> 6
                 elsif @target.groups.include?(stat.gid) then stat.mode >> 3
                 else stat.mode
                 end
          bits.anybits?(1)
        end
      end

      def each_above(path)
        parts = path.split("/").reject(&:empty?)
        (0..parts.size).map { |n| "/#{parts.first(n).join("/")}" }
      end
    end
  end
end
