# frozen_string_literal: true

require_relative "elf"

module HeapDump
  module Outside
    # The extension, lent to a process that does not see it: one in a container without this gem,
    # dumped from outside of it or from a debug container beside it. The file is copied into the
    # directory of the dump (WorkDirectory), and removed with it. It must fit: a process that cannot
    # load it would only say so after it has been held.
    class Loan
      NAME = "heapdump.so"

      # Why the process cannot load the extension, in words; nil if it can. +image+ is its
      # RubyImage.
      def self.obstacle(image, extension)
        lacking = image.lacking(extension)
        return if lacking.empty?

        "its libraries lack #{lacking.first(5).join(", ")}, for which that is built; use a " \
          "heapdump that was installed beside the same libraries"
      rescue Error, SystemCallError => e
        "its libraries cannot be read (#{e.message})"
      end

      # Whether files of this directory of the process may be loaded as code; nil if nobody knows,
      # as of a root that is no mount of its own (chroot). Then it is tried: the process itself says
      # that it may not.
      def self.executable?(target, directory)
        options = options_of(target, directory)
        options && !options.include?("noexec")
      end

      # Whether the process has this directory on what is mounted read-only for it, though it may
      # not be so for others.
      def self.read_only?(target, directory)
        options_of(target, directory)&.include?("ro")
      end

      # How the process has mounted what has this directory (Array of String), nil if nobody knows.
      def self.options_of(target, directory)
        mounts(target).reverse.select { |point,| within?(directory, point) }
                      .max_by { |point,| point.size }&.last # of equal ones the last mounted
      rescue SystemCallError
        nil # this user may not know
      end

      # [mount point, its options] of all that the process has mounted, the last ones last.
      def self.mounts(target)
        target.mounts.each_line.map do |line|
          _, _, _, _, point, options = line.split
          [point.gsub(/\\(\d{3})/) { ::Regexp.last_match(1).oct.chr }, options.split(",")]
        end
      end

      def self.within?(path, directory)
        path = path.b
        path == directory || path.start_with?(directory == "/" ? "/" : "#{directory}/")
      end
      private_class_method :options_of, :mounts, :within?
    end
  end
end
