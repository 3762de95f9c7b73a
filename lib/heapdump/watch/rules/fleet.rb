# frozen_string_literal: true

require_relative "../strike"
require_relative "../../asking"

module HeapDump
  class Watch
    module Rules
      # Somebody asks one or more processes of many for dumps, over a bus (Asking::Address). This
      # process takes a part in a request and makes its dumps; each step, also each refusal, is told
      # on the bus. If this process cannot, another one may take its place.
      class Fleet # :nodoc:
        # How much options strings: give away; a number is in between.
        GIVEN = { "none" => -2, "hash" => -1, "full" => Float::INFINITY }.freeze
        private_constant :GIVEN

        attr_reader :address

        def initialize(address)
          @address = address
          reset
        end

        def name
          :ask
        end

        def reset
          @desk = @courier = @bus = @tracing = @useless = nil
          @offered = @dumped = @traced = nil # Parts
          self
        end

        # Before the first look in this process.
        def begin_life(names, options, voice)
          @strings = options.strings
          @bus = Loading.load { @address.bus }
          @desk = Asking::Desk.new(@bus, Asking::Who.of(names), voice)
          @address.far? ? @courier = Asking::Courier.new(@desk, @bus, voice) : @bus.begin
        rescue *Trigger::OURS => e
          @useless = e.message
        end

        # Why nobody can ask (String), nil if one can.
        def useless(_facts)
          @useless
        end

        # Something that becomes readable when this rule wants to be looked at; nil if nothing does.
        def bell
          @courier ? @courier.bell.io : @bus&.bell
        end

        # It is looked at.
        def silence
          @courier ? @courier.bell.silence : @bus&.silence
        end

        def strike(facts)
          @desk.exchange unless @courier
          @offered = part = @desk.part
          stop_tracing unless part.equal?(@traced)
          return unless part
          return refuse_strings(part) unless strings?(part.request.strings)

          trace(part, facts.seconds)
          return unless part.due?(facts.seconds)

          @seconds = facts.seconds
          strike_for(part)
        end

        def spent(_strike, _facts); end

        # While the dump is written, its request may be cancelled and another part taken.
        def begun
          @dumped = @offered
          @dumped.began(@seconds)
        end

        def refused(words)
          tell(@offered, :refused, words: words, ends: true, frees: true)
        end

        # The dump is there.
        def taken(result)
          @dumped.took
          tell(@dumped, :taken, dump: @dumped.taken, path: result.path, objects: result.objects,
                                bytes: result.bytes, pause: result.pause, ends: @dumped.through?)
        end

        def failed(words)
          tell(@dumped, :failed, words: words, ends: true, frees: true)
        end

        # The process or the watch ends, or this rule does.
        def close
          leave("the watch ends there")
          @courier ? @courier.close : @bus&.close
          @courier = @bus = nil
        end

        # This process is not to dump any more.
        def unwanted
          leave("only: says no")
        end

        # In a forked child.
        def forget
          stop_tracing
          @courier ? @courier.forget : @bus&.forget
          @desk = @courier = @bus = nil
        end

        private

        def leave(words)
          stop_tracing
          part = @desk&.part or return
          tell(part, :left, words: words, ends: true, frees: true)
        end

        def tell(part, state, ends: false, **fields)
          stop_tracing if ends && part.equal?(@traced)
          @desk.tell(part, state, ends: ends, **fields)
          @courier ? @courier.ring : @desk.exchange
        end

        # Who can ask does not learn more than the watch would write.
        def strings?(wanted)
          wanted.nil? || given(wanted) <= given(@strings.to_s)
        end

        def given(strings)
          GIVEN.fetch(strings) { Integer(strings, 10) }
        end

        def refuse_strings(part)
          refused("strings: #{part.request.strings} is not allowed here; the watch has " \
                  "strings: #{@strings}")
          nil
        end

        def trace(part, seconds)
          return unless part.request.trace

          @traced = part
          @tracing ||= Loading.load { Asking::Tracing }.new(seconds + part.request.lasts)
          @tracing.look(seconds)
        end

        def stop_tracing
          @tracing&.stop
          @tracing = @traced = nil
        end

        def strike_for(part)
          request = part.request
          words = "it was asked for by #{@address} (request #{request.id}, dump " \
                  "#{part.taken + 1} of #{request.dumps})"
          strings = request.strings&.then { |text| text.match?(/\d/) ? text.to_i : text.to_sym }
          Strike.new(rule: name, words: words, urgent: true, source: self,
                     strings: strings, ask: { id: request.id, payload: request.payload }.compact)
        end
      end
    end
  end
end
