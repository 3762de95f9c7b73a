# frozen_string_literal: true

require_relative "../rule"
require_relative "../../asking"

module HeapDump
  class Watch
    module Rules
      # Somebody asks one or more processes of many for dumps, over a bus (Asking::Address). This
      # process takes a part in a request and makes its dumps; each step, also each refusal, is told
      # on the bus. If this process cannot, another one may take its place.
      class Fleet < Rule # :nodoc:
        # How much options strings: give away; a number is in between.
        GIVEN = { "none" => -2, "hash" => -1, "full" => Float::INFINITY }.freeze
        private_constant :GIVEN

        attr_reader :address

        def initialize(address)
          super()
          @address = address
          reset
        end

        def name
          :ask
        end

        def reset
          @desk = @courier = @bus = @useless = @wanted = nil
          @part = @written = @tracing = @traced = nil
          self
        end

        def begin_life(names, options, voice)
          @strings = options.strings
          @voice = voice
          @bus = Loading.load { @address.bus }
          @desk = Asking::Desk.new(@bus, Asking::Who.of(names), voice)
          want(false) # the first look says more
          @address.far? ? @courier = Asking::Courier.new(@desk, @bus, voice) : @bus.begin
        rescue *Trigger::OURS => e
          @useless = e.message
        end

        def useless(_facts)
          @useless
        end

        def rings?
          @address.rings?
        end

        def bell
          @courier ? @courier.bell.io : @bus&.bell
        end

        def silence
          @courier ? @courier.bell.silence : @bus&.silence
        end

        def strike(facts)
          want(true) unless @wanted
          @desk.exchange unless @courier
          @part = part = @desk.part
          stop_tracing if @traced && !part.equal?(@traced)
          return unless part
          return refuse_strings(part) unless strings?(part.request.strings)

          return unless traced?(part, facts.seconds) && part.due?(facts.seconds) && part.sure?

          @seconds = facts.seconds
          strike_for(part)
        end

        # While the dump is written this process may get a part in another request.
        def begun
          @written = @part
          @written.began(@seconds)
        end

        def refused(words)
          tell(@part, :refused, words: words, ends: true, frees: true)
        end

        def taken(result)
          part = @written
          part.took
          tell(part, :taken, dump: part.taken, path: result.path, objects: result.objects,
                             bytes: result.bytes, pause: result.pause, ends: part.through?)
        end

        def failed(words)
          tell(@written, :failed, words: words, ends: true, frees: true)
        end

        def close
          stop_tracing
          @desk&.stop("the watch ends there")
          deliver if @desk
          @courier ? @courier.close : @bus&.close
          @courier = @bus = nil
        end

        def unwanted
          stop_tracing
          want(false)
          part = @desk&.part or return
          tell(part, :left, words: "only: says no", ends: true, frees: true)
        end

        def forget
          stop_tracing(told: false)
          @courier ? @courier.forget : @bus&.forget
          @desk = @courier = @bus = nil
        end

        private

        # A courier looks at once.
        def want(now)
          return if @desk.nil? || now == @wanted

          @desk.wanted = @wanted = now
          @courier&.ring if now
        end

        def tell(part, state, ends: false, **fields)
          stop_tracing if ends && part.equal?(@traced)
          @desk.tell(part, state, ends: ends, **fields)
          deliver
        end

        def deliver
          @courier ? @courier.ring : @desk.deliver
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

        # Traces, if that is wanted. Where it is not possible, the part ends.
        def traced?(part, seconds)
          return true unless part.request.trace

          @traced = part
          @tracing ||= Loading.load do
            Asking::Tracing.new(seconds + part.request.lasts, part.request, @voice)
          end
          @tracing.look(seconds)
          true
        rescue LoadError => e
          refused("allocations cannot be traced: #{e.message}")
          false
        end

        def stop_tracing(told: true)
          @tracing&.stop(told: told)
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
