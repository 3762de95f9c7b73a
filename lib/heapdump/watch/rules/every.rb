# frozen_string_literal: true

require_relative "../rule"
require_relative "cron"

module HeapDump
  class Watch
    module Rules
      # Once in so many jobs, requests or seconds, or at times of the day. What cannot be done when
      # it is due is done late, and not twice. Processes of a fleet do not begin at the same second.
      # Of the processes of a server one makes the dumps, and for the others they are made, too.
      class Every < Rule # :nodoc:
        KINDS = %i[jobs requests seconds cron].freeze
        private_constant :KINDS

        # +random+ gives a number from 0 to 1, as Random#rand does. Without one, a process that is
        # forked gets its own: copies of one would all give the same number.
        def initialize(random: nil, **given)
          super()
          @kind, value = given.first
          unless given.size == 1 && KINDS.include?(@kind)
            raise ArgumentError, "on.every takes one of jobs:, requests:, seconds: and cron:, " \
                                 "as on.every seconds: \"10m\""
          end

          name = "on.every #{@kind}:"
          @step = case @kind
                  when :cron then Cron.new(value)
                  when :seconds then Quantity.seconds(name, value, least: 1)
                  else Quantity.count(name, value)
                  end
          @given = random
          reset
        end

        def name
          :every
        end

        def reset
          @random = @given || Random.new
          @due = @from = nil
          self
        end

        def strike(facts)
          return strike_at_times(facts) if @kind == :cron

          now = count(facts)
          @due ||= now + (@kind == :seconds ? @step * @random.rand : @step - (now % @step))
          return if now < @due

          made("it is time: every #{@step.to_s.delete_suffix(".0")} #{@kind}")
        end

        def spent(_strike, facts)
          return @due = nil if @kind == :cron

          # the next multiple: what was missed is not made up for
          now = count(facts)
          @due += @step * (((now - @due) / @step).floor + 1)
        end

        alias elsewhere spent

        private

        def count(facts)
          { jobs: facts.jobs, requests: facts.requests, seconds: facts.seconds }.fetch(@kind)
        end

        # A clock that is set back makes no time come twice.
        def strike_at_times(facts)
          minute = facts.time.to_i / 60
          @from ||= minute
          @from = minute if minute < @from - Cron::LONGEST
          @due ||= @step.due(@from + 1, minute)
          @from = [@from, minute].max
          made("it is time: #{@step}") if @due
        end

        def made(words)
          Strike.new(rule: name, words: words, source: self, shared: :lasting, modest: Strike::FOR_OTHERS)
        end
      end
    end
  end
end
