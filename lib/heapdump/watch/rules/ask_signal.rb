# frozen_string_literal: true

require_relative "../rule"
require_relative "../../asking"
require_relative "../../bell"

module HeapDump
  class Watch
    module Rules
      # A question by a signal, which Sidekiq sends to its own process when it finds that in Redis
      # (Asking::SidekiqSignals). Whatever handled the signal before is called, too.
      class AskSignal < Rule # :nodoc:
        @waiting = nil
        class << self
          # Who is told of the signal. There is one handler, also in forked children.
          attr_accessor :waiting

          def install
            return if @installed

            @installed = true
            before = Signal.trap(Asking::SIGNAL) do |number|
              AskSignal.waiting&.ring
              before.call(number) if before.respond_to?(:call)
            end
          end
        end

        attr_reader :address

        # +address+ is where people ask.
        def initialize(address)
          super()
          @address = address
          reset
        end

        def name
          :ask
        end

        def reset
          @bell = nil
          @asked = false
          self
        end

        # Before the first look in this process.
        def begin_life(*)
          @bell = Bell.new
          AskSignal.waiting = @bell
          AskSignal.install
        end

        def rings?
          true
        end

        def bell
          @bell&.io
        end

        def silence
          @asked = true if @bell&.silence.is_a?(String)
        end

        def strike(_facts)
          return unless @asked

          Strike.new(rule: name, words: "it was asked for by #{@address}", urgent: true,
                     source: self)
        end

        def begun
          @asked = false
        end

        def refused(_words)
          @asked = false
        end

        def unwanted
          @asked = false
        end

        def close
          AskSignal.waiting = nil if AskSignal.waiting.equal?(@bell)
          @bell&.close
          @bell = nil
        end
        alias forget close
      end
    end
  end
end
