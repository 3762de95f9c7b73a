# frozen_string_literal: true

require_relative "check"
require_relative "handover"
require_relative "permission"

module HeapDump
  module Outside
    # Dumps a process that has a handler for it (HeapDump.on_signal): sends the signal and waits for
    # the file.
    class BySignal
      PATTERN = /%\{(pid|time|host|count)\}/
      # What the handler puts in the place of these patterns (not of %{pid}), as regular
      # expressions.
      FORMS = {
        "%{time}" => '\d{8}T\d{6}\.\d{3}Z', "%{host}" => "[^/]+", "%{count}" => '\d+'
      }.freeze

      WRITTEN = { "" => "plain JSON", ".zst" => "JSON compressed by zstd",
                  ".gz" => "JSON compressed by gzip" }.freeze
      private_constant :WRITTEN

      def initialize(target)
        @target = target
      end

      def checks
        list = Checks.new
        list.check("permission") { permission }
        list.check("state") { @target.running }
        list.check("handler") { handler_message }
        list
      end

      # Dumps, and moves the file to +path+ if that is given. Returns what is known of the dump
      # (Hash, with its path). Raises HeapDump::Error; if something cannot be done, it is refused
      # before the signal is sent.
      def dump(path, timeout:, gc: false, strings: nil)
        bad = checks.first_failure
        raise Error, "cannot dump process #{@target.pid} by a signal: #{bad.message}" if bad

        refuse_option("--gc", "gc: true") if gc
        refuse_option("--strings", "strings: #{strings.inspect}") if strings
        refuse_misnomer(path) if path
        before = files
        Process.kill(handler.signal, @target.pid)
        found = await(before, timeout)
        Handover.move(found, path, @target) if path
        { path: path || found, signal: handler.signal }
      end

      private

      def refuse_option(name, argument)
        raise Error, "#{name} cannot be asked for by a signal: the handler of process " \
                     "#{@target.pid} decides that (HeapDump.on_signal with #{argument}); leave " \
                     "out #{name}, or add --via ptrace"
      end

      # Raises if +path+ has an ending that does not fit: the handler decides how the dump is
      # compressed, and the file is only renamed.
      def refuse_misnomer(path)
        ending = ending_of(handler.pattern)
        return if ending == ending_of(path)

        right = "#{path.delete_suffix(ending_of(path))}#{ending}"
        raise Error, "#{path} would be misnamed: at SIG#{handler.signal} process #{@target.pid} " \
                     "writes #{WRITTEN.fetch(ending)} (#{handler.pattern}); give -o #{right}, " \
                     "or add --via ptrace, which writes what the name says"
      end

      def ending_of(path)
        path[/\.(?:zst|gz)\z/n].to_s
      end

      # The handler that is used. If there are several, one that shows its path is preferred.
      def handler
        @handler ||= @target.handlers.max_by { |one| one.pattern.size }
      end

      def handler_message
        if !handler
          ["it has no handler of HeapDump.on_signal", false]
        elsif handler.pattern.empty?
          ["it dumps at SIG#{handler.signal}, but to a path that is too long for its marker; " \
           "send the signal yourself", false]
        else
          ["it dumps at SIG#{handler.signal} to #{handler.pattern}", true]
        end
      rescue Errno::EACCES, Errno::EPERM => e
        [Permission.new(@target).reason_for_reading(e), false]
      end

      def permission
        Process.kill(0, @target.pid)
        ["this user may send it signals", true]
      rescue Errno::EPERM
        [Permission.new(@target).reason_for_signal, false]
      rescue Errno::ESRCH
        ["it is gone", false]
      end

      # The existing dumps: the path as seen from here => what distinguishes it from a later dump.
      def files
        matching = name_of_dump
        directory = @target.outer_path(File.dirname(handler.pattern))
        names = Dir.children(directory).select { |name| matching.match?(name.b) }
        names.filter_map do |name|
          stat = File.lstat(File.join(directory, name))
          # the process sets the pattern, and files of others may match it
          next unless Handover.written_by?(@target, stat)

          [File.join(directory, name), [stat.ino, stat.mtime]]
        rescue Errno::ENOENT
          nil # renamed just now
        end.to_h
      rescue Errno::ENOENT
        raise Error, "the handler of process #{@target.pid} dumps to #{handler.pattern}, " \
                     "but there is no such directory"
      end

      def name_of_dump
        parts = File.basename(handler.pattern).b.split(/(%\{\w+\})/)
        parts.map! do |part|
          next Regexp.escape(part) unless PATTERN.match?(part)

          part == "%{pid}" ? @target.inner_pid.to_s : FORMS.fetch(part)
        end
        # a dump that is still being written must not match
        Regexp.new("\\A(?!.*\\.partial-\\d+\\z)#{parts.join}\\z", Regexp::NOENCODING)
      end

      def await(before, timeout)
        deadline = now + timeout
        loop do
          new = files.reject { |file, stamp| before[file] == stamp }
          return visible(new.keys.first) if new.any?
          raise Error, "process #{@target.pid} ended during the dump" unless @target.alive?

          if now > deadline
            raise Error, "process #{@target.pid} wrote no #{handler.pattern} within #{timeout} s " \
                         "after SIG#{handler.signal}; its stderr says why"
          end
          sleep 0.01
        end
      end

      # The path that the process itself uses, if it leads to the same file here, else the outer
      # path.
      def visible(outer)
        own = File.join(File.dirname(handler.pattern), File.basename(outer))
        @target.sees?(own) ? own : outer
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
