# frozen_string_literal: true

require_relative "../rule"

module HeapDump
  class Watch
    module Rules
      # Private memory has become so many times what it was when the process had settled. After each
      # dump it must become so many times more again, so that a process that grows leaves a series.
      # Of the processes of a server, which may all grow, one makes the dumps.
      class Growth < Rule # :nodoc:
        def initialize(by: 2.5)
          unless by.is_a?(Numeric) && by.real? && by > 1 && by.to_f.finite?
            raise ArgumentError, "on.growth by: must be a number above 1, not #{by.inspect}"
          end

          super()
          @by = by
          reset
        end

        def name
          :growth
        end

        def reset
          @first = @bar = nil
          self
        end

        def settled(facts)
          @first = facts.private
          @bar = @first && (@first * @by)
        end

        def settled?
          !@first.nil?
        end

        def strike(facts)
          return unless @bar && facts.resident.to_i >= @bar && facts.private.to_i >= @bar

          Strike.new(rule: name, source: self, shared: true, modest: Strike::FOR_OTHERS,
                     mark: facts.private,
                     words: "private memory has grown from #{Terminal::Units.bytes(@first)} to " \
                            "#{Terminal::Units.bytes(facts.private)}")
        end

        def spent(strike, _facts)
          @bar = strike.mark * @by
        end
      end
    end
  end
end
