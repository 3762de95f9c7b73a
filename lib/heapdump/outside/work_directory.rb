# frozen_string_literal: true

require "securerandom"
require_relative "handover"

module HeapDump
  module Outside
    # A new directory in which another process puts its dump: readable by its user alone, seen by
    # both sides, and on the disk where the file is wanted if that process may write there. Removing
    # it calls the dump off, whatever stage it is in.
    #
    # The user of the process may not be to be trusted, and owns it. He may put another in its
    # place, or a link to one of ours: what is done in it goes by its descriptor. Nothing in it is
    # followed, and only what we know is removed.
    class WorkDirectory
      ELSEWHERE = ["/var/tmp", "/tmp"].freeze
      REPORT_BYTES = 4096
      TRIES = 10
      ENDING = /\.json(\.\w+)?\z|\.zst\z|\.gz\z/
      OPEN = File::RDONLY | File::NONBLOCK

      # The directory as the process sees it.
      attr_reader :inner_path

      # Makes it, and removes it after the block. Signals that end this command are let through in
      # the block alone.
      def self.open(target, wanted)
        with_interrupts_that_wait do
          Thread.handle_interrupt(SignalException => :never) do
            directory = new(target, wanted)
            Thread.handle_interrupt(SignalException => :immediate) { yield directory }
          ensure
            directory&.remove
          end
        end
      end

      # Ruby itself raises Interrupt even where a thread lets exceptions wait.
      def self.with_interrupts_that_wait
        before = trap("INT") { Thread.main.raise(Interrupt, "") }
        trap("INT", before) if before == "IGNORE"
        yield
      ensure
        trap("INT", before || "DEFAULT")
      end
      private_class_method :with_interrupts_that_wait

      def initialize(target, wanted)
        @target = target
        @name = "heap#{wanted[ENDING]}"
        parent, problem = choose([File.dirname(File.expand_path(wanted)), *ELSEWHERE])
        return if parent

        raise Error, "user #{target.user} of process #{target.pid} can write neither beside " \
                     "#{wanted} nor in #{ELSEWHERE.join(" or ")}: #{problem}"
      end

      # Where the process is to put the dump, as it sees it.
      def inner_dump
        File.join(inner_path, @name)
      end

      # What the process has to report so far; nil while there is nothing.
      def report
        File.open(entry(@directory, "report"), Handover::READ) do |file|
          file.read(REPORT_BYTES) if file.stat.file?
        end
      rescue Errno::ENOENT, Errno::ELOOP, Errno::ENXIO
        nil
      end

      # What the process has put where a dump would be, up to so many bytes.
      def content(limit)
        File.open(entry(@directory, @name), Handover::READ) do |file|
          raise Errno::ELOOP unless Handover.written_by?(@target, file.stat)

          file.read(limit).to_s
        end
      rescue Errno::ENOENT, Errno::ELOOP, Errno::ENXIO
        raise Error, Handover.foreign(@target)
      end

      # Moves the dump to its place.
      def deliver(path)
        Handover.move(entry(@directory, @name), path, @target)
      end

      # The process may just be putting a file into it, or giving one another name: each of those
      # that we know once.
      def remove
        tries ||= 0
        own = /\A(report|#{Regexp.escape(@name)}(\.partial-\d+)?)\z/
        Dir.children(entry(@directory)).grep(own).each { |name| unlink(name) }
        Dir.rmdir(entry(@parent, File.basename(inner_path)))
      rescue Errno::ENOTEMPTY
        retry if (tries += 1) < TRIES
        raise
      rescue Errno::ENOENT, Errno::ENOTDIR
        nil # its user has taken it away
      ensure
        [@directory, @parent].each(&:close)
      end

      private

      def unlink(name)
        File.unlink(entry(@directory, name))
      rescue Errno::ENOENT, Errno::EISDIR
        nil # renamed, or none of the files that we know
      end

      def choose(parents)
        problem = nil
        parents.each do |parent|
          next if parent == parents.first && !@target.sees?(parent)

          return parent if (problem = try(parent)).nil?
        end
        [nil, problem]
      end

      # Makes it; or tells why it cannot be.
      def try(parent)
        return "#{parent} cannot be written to" unless reachable?(parent)

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

      # The new directory, given to the user of the process, if it is still that.
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

      # In a root of its own the process may have links; followed from here they would lead to
      # places of ours.
      def open_outer(path)
        parts = path.split("/").reject(&:empty?)
        parts.inject(File.new(@target.outer_path("/"), OPEN)) do |directory, name|
          File.new(entry(directory, name), OPEN | File::NOFOLLOW)
        ensure
          directory.close
        end
      end

      # What has this name in an open directory, whatever has become of that one's own name.
      def entry(directory, name = ".")
        "/proc/self/fd/#{directory.fileno}/#{name}"
      end

      # Root can write everywhere; the user of the process has to get there.
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
