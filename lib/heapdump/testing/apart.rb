# frozen_string_literal: true

require_relative "../pipe_reader"

module HeapDump
  module Testing
    # Runs a block in a forked process, and returns what it returns: data that Marshal can write. So
    # nothing that the block makes or loads remains in this process.
    #
    #   Apart.run { HeapDump::Snapshot.open("heap.json").objects } # => 31337
    module Apart # :nodoc:
      PATIENCE = 600 # seconds
      private_constant :PATIENCE

      class << self
        # Raises HeapDump::Error with the words of an exception of the block, and if the process
        # ends without an answer or gives none within PATIENCE.
        def run(&)
          reader, writer = IO.pipe(binmode: true)
          pid = Process.fork { answer(reader, writer, &) }
          writer.close
          told = listen(reader)
          raise Error, "the dumps could not be read: the process for it ended early" if told.empty?

          kind, value = Marshal.load(told) # rubocop:disable Security/MarshalLoad -- of our own child
          kind == :done ? value : raise(Error, "the dumps could not be read: #{value}")
        ensure
          [reader, writer].compact.each(&:close)
          finish(pid) if pid
        end

        private

        # Neither blocks of at_exit nor those of a test framework run in this process.
        def answer(reader, writer)
          reader.close
          writer.write(Marshal.dump([:done, yield]))
          writer.close
        rescue Exception => e # rubocop:disable Lint/RescueException -- it is told
          writer.write(Marshal.dump([:failed, "#{e.message} (#{e.class}) #{e.backtrace&.first}"]))
        ensure
          exit!(0)
        end

        def listen(reader)
          PipeReader.read(reader, PATIENCE) or
            raise Error, "the dumps could not be read in #{PATIENCE} s"
        end

        # The program may wait for all of its children in another thread.
        def finish(pid)
          Process.kill(:KILL, pid)
          Process.wait(pid)
        rescue Errno::ECHILD, Errno::ESRCH
          nil
        end
      end
    end
  end
end
