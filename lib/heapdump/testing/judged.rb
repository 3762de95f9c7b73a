# frozen_string_literal: true

module HeapDump
  module Testing
    # Whether any test has run in rounds, in this process or in one forked from it: a run in which
    # none has must not pass. The processes tell it through a pipe.
    #
    #   Judged.watch # before the tests
    #   Judged.note  # when one has run in rounds, or failed in them
    #   Judged.any?  # => true
    module Judged # :nodoc:
      NONE = "no test ran in rounds: TEST and N select none, or none that passes and passes again"

      class << self
        def watch
          @reader, @writer = IO.pipe
        end

        # Does not wait: a pipe that is full says enough.
        def note
          @writer&.write_nonblock("1", exception: false)
        end

        # Asked once, after the tests.
        def any?
          @reader.read_nonblock(1, exception: false) != :wait_readable
        end
      end
    end
  end
end
