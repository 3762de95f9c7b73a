# frozen_string_literal: true

module HeapDump
  module CLI
    # Dumps of several processes, which cannot be compared: how many there are of each process, and
    # the command that compares those.
    #
    #   ByProcess.lines(snapshots)
    #   # => ["process 4711 on web-1, 3 dumps: heapdump leaks /var/tmp/heap-4711-*.json", …]
    class ByProcess
      # A path that no shell changes.
      PLAIN = %r{\A[\w./%+:@-]+\z}
      ENDING = /(?:\.json)?(?:\.\w+)?\z/
      private_constant :PLAIN, :ENDING

      # One line for each process, those with most dumps first; none if the headers name one process
      # or not all of them name theirs.
      def self.lines(snapshots)
        groups = snapshots.group_by { |one| one.header.values_at("pid", "host") }
        return [] if groups.size < 2 || groups.keys.any? { |pid, _host| !pid.is_a?(Integer) }

        groups = groups.sort_by { |(pid, host), dumps| [-dumps.size, pid, host.to_s] }
        groups.map { |(pid, host), dumps| new(pid, host, dumps.map(&:path)).line }
      end

      def initialize(pid, host, paths) # :nodoc:
        @pid = pid
        @host = host
        @paths = paths
      end

      def line
        where = " on #{@host}" if @host.is_a?(String)
        dumps = Terminal::Units.plural(@paths.size, "dump")
        "process #{@pid}#{where}, #{dumps}: #{@paths.size > 1 ? command : "two are needed"}"
      end

      private

      def command
        pattern ? "heapdump leaks #{pattern}" : Terminal::Shell.join("heapdump leaks", *@paths)
      end

      # A pattern that stands for these dumps and nothing else; nil if there is none.
      def pattern
        before = @paths.first[/\A.*(?<!\d)#{@pid}(?!\d)[-_.]?/m] or return
        pattern = "#{before}*#{@paths.first[ENDING]}"
        pattern if @paths.all?(PLAIN) && Dir.glob(pattern) == @paths.sort
      end
    end
  end
end
