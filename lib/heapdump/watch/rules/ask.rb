# frozen_string_literal: true

require_relative "../rule"

module HeapDump
  class Watch
    module Rules
      # Somebody asks for a dump. A source is any object with a method +asked(facts)+: it returns
      # nil or false, or words that say who asks. If it has a method +answer(words)+, it is told
      # what became of it.
      class Ask < Rule # :nodoc:
        def initialize(source)
          unless source.respond_to?(:asked)
            raise ArgumentError, "on.ask needs file: true, the address of a bus, or an object " \
                                 "with a method asked, not #{source.inspect}"
          end

          super()
          @source = source
          reset
        end

        def name
          :ask
        end

        # Whether it calls code of the application.
        def timed?
          !@source.is_a?(AskFile)
        end

        def reset
          @words = nil
          self
        end

        def strike(facts)
          @words ||= ask(facts)
          @words && Strike.new(rule: name, words: @words, urgent: true, source: self)
        end

        # A question is answered at once, also with no: whoever has asked is waiting.
        def begun
          @words = nil
          answer("dumping")
        end

        def refused(words)
          @words = nil
          answer("refused: #{words}")
        end

        # Somebody else may have asked meanwhile.
        def failed(words)
          answer("failed: #{words}")
        end

        def taken(result)
          answer("dumped #{result.path}")
        end

        private

        # nil if nobody asks.
        def ask(facts)
          words = @source.asked(facts)
          Terminal::Text.valid(words.to_s) if words
        end

        def answer(words)
          @source.answer(words) if @source.respond_to?(:answer)
        end
      end
    end
  end
end
