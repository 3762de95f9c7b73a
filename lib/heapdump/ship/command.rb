# frozen_string_literal: true

module HeapDump
  module Ship
    # A command of the shell, which gets the file as its standard input. A command with pipes fails
    # if any part of it does: else the first could fail and the last store an empty file.
    #
    # Nobody knows how the shell reads the place where %{name} stands: within quotes, or by a second
    # shell on another machine. So the name goes there only if it means the same to all of them; any
    # other name could have a command in it.
    class Command < Sink # :nodoc:
      TAIL = 500 # so many of the last bytes that it says are kept
      NAME = "%{name}"
      HARMLESS = %r{\A\w[\w./:+@-]*\z}
      SHELLS = [%w[bash -o pipefail -c], %w[sh -o pipefail -c]].freeze
      PLAIN_SHELL = %w[sh -c].freeze
      PLAIN = %r{\A[\w./:+-]+\z}
      private_constant :TAIL, :NAME, :HARMLESS, :SHELLS, :PLAIN_SHELL, :PLAIN

      def self.from(text, **)
        new(text.delete_prefix("exec:"))
      end

      def initialize(command, longest: LONGEST)
        super()
        raise Error, "exec: needs a command behind it" if command.strip.empty?

        @command = command
        @longest = longest
        @shell = shell
        check_syntax
      end

      # Without its arguments, one of which may be a password, as may be what a variable is set to.
      def to_s
        first = @command.split.first
        first.b.match?(PLAIN) ? "exec:#{first}" : "exec:"
      end

      def deliver(file, facts)
        status, said = run(file, facts)
        return Receipt.new(to_s) if status&.success?

        how = status ? ended(status) : "took longer than #{@longest} s and was ended"
        raise Error, [to_s, how, said].reject(&:empty?).join(": ")
      rescue SystemCallError => e
        raise Error, "#{self} cannot be started: #{Terminal::Trouble.words(e)}"
      end

      private

      def shell
        found = SHELLS.find { |words| works?(words) }
        return found if found
        unless works?(PLAIN_SHELL)
          raise Error, "exec: needs a shell, and neither bash nor sh is in PATH"
        end
        return PLAIN_SHELL unless @command.match?(/(?<!\|)\|(?!\|)/)

        raise Error, "neither bash nor a sh with pipefail is here, so nobody would notice if the " \
                     "first command of a pipe failed"
      end

      # The shell itself would repeat the line, with every password in it, at each try.
      def check_syntax
        return if works?([*@shell[..-2], "-n", "-c"], @command)

        raise Error, "the shell does not understand the command of exec: (a quote, a bracket or " \
                     "a part of a pipe may be missing)"
      end

      def works?(words, command = ":")
        system(*words, command, in: File::NULL, out: File::NULL, err: File::NULL)
      end

      def run(file, facts)
        name = name_of(file, facts)
        reader, writer = IO.pipe
        pid = Process.spawn({ "HEAPDUMP_NAME" => name, "HEAPDUMP_SHA256" => facts["sha256"] },
                            *@shell, command(name),
                            in: [file, Source::FLAGS], %i[out err] => writer, pgroup: true)
        writer.close
        tail = Thread.new { last_words(reader) }
        status = wait(pid)
        [status, tail.join(1) ? tail.value : ""]
      ensure
        tail&.kill
        [reader, writer].compact.each(&:close)
      end

      def command(name)
        return @command unless @command.include?(NAME)
        return @command.b.gsub(NAME, name) if name.b.match?(HARMLESS)

        raise Error, "#{self}: a shell could take a part of this name for a command; write " \
                     "\"$HEAPDUMP_NAME\", with the quotes, in place of %{name}"
      end

      # What it has started in the background is ended with it, but only if it takes too long.
      def wait(pid)
        thread = Process.detach(pid)
        return thread.value if thread.join(@longest)

        Process.kill(:TERM, -pid)
        thread.join(5) || Process.kill(:KILL, -pid)
        nil
      rescue Errno::ESRCH
        nil
      ensure
        end_group(pid) if thread&.alive? # this process is ended itself
      end

      def end_group(pid)
        Process.kill(:TERM, -pid)
      rescue SystemCallError
        nil
      end

      def last_words(reader)
        said = +""
        while (part = reader.readpartial(4096))
          said = (said << part).byteslice(-TAIL..) || said
        end
      rescue EOFError
        said.scrub.strip
      end

      def ended(status)
        signal = status.termsig
        signal ? "killed by SIG#{Signal.signame(signal)}" : "exit status #{status.exitstatus}"
      end
    end
  end
end
