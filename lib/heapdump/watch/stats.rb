# frozen_string_literal: true

module HeapDump
  class Watch
    # Counts what a watch does. Only its thread writes to it, so nobody has to wait.
    class Stats # :nodoc:
      def initialize
        @numbers = Hash.new(0)
        @strikes = Hash.new(0)
        @refusals = Hash.new(0)
        @off = []
      end

      def add(name, number = 1)
        @numbers[name] += number
      end

      def strike(rule)
        @strikes[rule] += 1
      end

      def refusal(reason)
        @refusals[reason] += 1
      end

      def off(rule)
        @off << rule
      end

      def [](name)
        @numbers[name]
      end

      def to_h
        { looks: self[:looks], dumps: self[:dumps], failures: self[:failures], dry: self[:dry],
          seconds: self[:seconds].to_f, bytes: self[:bytes], shipped: self[:shipped],
          notes: self[:notes],
          strikes: @strikes.dup, refusals: @refusals.dup, off: @off.dup }
      end
    end
  end
end
