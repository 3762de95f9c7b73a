# frozen_string_literal: true

require "fileutils"
require "securerandom"

module HeapDump
  module Outside
    # A new directory in which another process puts its dump: readable by its user alone, seen by
    # both sides, and on the disk where the file is wanted if that process may write there. Removing
    # it calls the dump off, whatever stage it is in.
    #
    # The user of the process may not be to be trusted, and owns it: nothing in it is followed, and
    # only what we know is removed.
    class WorkDirectory
      ELSEWHERE = ["/var/tmp", "/tmp"].freeze
      REPORT_BYTES = 4096
      TRIES = 10
      ENDING = /\.json(\.\w+)?\z|\.zst\z|\.gz\z/

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
        flags = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
        File.open(File.join(@path, "report"), flags) { |file| file.read(REPORT_BYTES) }
      rescue Errno::ENOENT
        nil
      end

      # Moves the dump to its place.
      def deliver(path)
        dump = File.join(@path, @name)
        unless File.lstat(dump).file?
          raise Error, "process #{@target.pid} has put something else in place of its dump"
        end

        FileUtils.mv(dump, path)
      end

      # The process may just be putting a file into it, or giving one another name: each of those
      # that we know once.
      def remove
        tries ||= 0
        own = /\A(report|#{Regexp.escape(@name)}(\.partial-\d+)?)\z/
        Dir.children(@path).grep(own).each { |name| unlink(name) }
        Dir.rmdir(@path)
      rescue Errno::ENOTEMPTY
        retry if (tries += 1) < TRIES
        raise
      rescue Errno::ENOENT
        nil # with the process went its view of the files
      end

      private

      def unlink(name)
        File.unlink(File.join(@path, name))
      rescue Errno::ENOENT
        nil # renamed, or gone with the process
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
        name = ".heapdump-#{@target.pid}-#{SecureRandom.hex(6)}"
        # by its own name where it can be: the other way is gone when the process is
        outer = File.join(@target.sees?(parent) ? parent : @target.outer_path(parent), name)
        return "#{parent} cannot be written to" unless reachable?(parent)

        Dir.mkdir(outer, 0o700)
        give(outer)
        @path = outer
        @inner_path = File.join(parent, name)
        nil
      rescue SystemCallError => e
        e.message
      end

      def give(directory)
        File.lchown(@target.uid, @target.gid, directory) if Process.euid.zero?
      rescue SystemCallError
        Dir.rmdir(directory)
        raise
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
