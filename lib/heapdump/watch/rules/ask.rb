# frozen_string_literal: true

require_relative "../strike"

module HeapDump
  class Watch
    module Rules
      # Somebody asks for a dump. A source is any object with a method +asked(facts)+: it returns
      # nil, or words that say who asks. If it has a method +answer(words)+, it is told what became
      # of it; +begin_life+, +bell+, +silence+, +unwanted+ and +close+ are called,
      # too, if it has them.
      class Ask # :nodoc:
        def initialize(source)
          unless source.respond_to?(:asked)
            raise ArgumentError, "on.ask needs file: true, the address of a bus, or an object " \
                                 "with a method asked, not #{source.inspect}"
          end

          @source = source
          reset
        end

        def name
          :ask
        end

        def reset
          @words = nil
          self
        end

        # Before the first look in this process.
        def begin_life(*)
          @source.begin_life if @source.respond_to?(:begin_life)
        end

        # Something that becomes readable when this rule wants to be looked at; nil if nothing does.
        def bell
          @source.bell if @source.respond_to?(:bell)
        end

        # It is looked at.
        def silence
          @source.silence if @source.respond_to?(:silence)
        end

        # Nobody is to dump here.
        def unwanted
          @source.unwanted if @source.respond_to?(:unwanted)
        end

        # The watch ends, or a forked child does not go on with this rule.
        def close
          @source.close if @source.respond_to?(:close)
        end
        alias forget close

        def strike(facts)
          @words ||= @source.asked(facts)&.then { |words| Terminal::Text.valid(words.to_s) }
          @words && Strike.new(rule: name, words: @words, urgent: true, source: self)
        end

        # The question is answered already.
        def spent(_strike, _facts); end

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

        private

        def answer(words)
          @source.answer(words) if @source.respond_to?(:answer)
        end
      end
    end
  end
end
