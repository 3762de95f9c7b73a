# frozen_string_literal: true

module HeapDump
  class Trends
    # All lines of a series, judged.
    class Lines # :nodoc:
      # +life+ is a Life, +columns+ the Columns of its dumps.
      def initialize(life, columns, axes)
        @dumps = life.dumps
        @ordinals = @dumps.map(&:ordinal)
        @columns = columns
        @axes = axes
      end

      # Array of Line.
      def all
        facts = [*Account.facts(@dumps), *named(:class), *named(:way)]
        @level = Rules::LEVEL / [facts.count { |one| moves?(one) }, Rules::LINES].max
        facts.map { |one| line(one) }
      end

      private

      def named(kind)
        @columns.names(kind, @ordinals).map do |name|
          numbers = @columns.numbers(kind, name, @ordinals)
          objects, bytes, retained = Array.new(3) { |at| numbers.map { |one| one&.at(at) }.freeze }
          words = kind == :way ? @columns.words(name) : { class_name: name }
          { kind: kind, name: name, **words, objects: objects, bytes: bytes, retained: retained,
            unit: "objects", values: objects, judged: objects }
        end
      end

      # Whether a line is tested at all, because it is not static.
      def moves?(one)
        known = one[:judged].compact
        return false if known.size < Rules::DUMPS

        range = known.max - known.min
        range >= least(one) && range > Rules::STATIC * known.max
      end

      def least(one)
        return Rules::OBJECTS if one[:unit] == "objects"
        return Rules::BYTES unless one[:kind] == :process

        [Rules::PROCESS_BYTES, Rules::PROCESS_PART * one[:judged].compact.first.to_i].max
      end

      def line(one)
        found = one[:kind] == :process ? judge_process(one) : judge(one)
        if found.verdict != :leak && one[:bytes] && (in_bytes = contents(one))
          one, found = in_bytes
        end
        found = by_chance if found.verdict == :leak && one[:told]&.start_with?(STACK)
        Line.new(one, found, @axes, @dumps)
      end

      # What only the machine stack holds may be no reference at all, as in `leaks`.
      STACK = "machine stack"
      BY_CHANCE = "it lives on by the machine stack alone, perhaps by chance"
      private_constant :STACK, :BY_CHANCE

      def by_chance
        Judge::Judgement.new(:fast, [BY_CHANCE], nil, nil)
      end

      # Objects whose number does not leak may become larger and larger.
      def contents(one)
        one = one.merge(unit: "bytes", values: one[:bytes], judged: one[:bytes])
        found = judge(one)
        [one, found] if found.verdict == :leak
      end

      def judge(one)
        Judge.new(one[:judged], @axes, least: least(one), level: @level).judgement
      end

      GARBAGE = "fewer than #{Rules::DUMPS} major GCs have run: what grew may be garbage".freeze
      private_constant :GARBAGE

      # What grows may be garbage, unless its low boundary does.
      def judge_process(one)
        found = judge(one)
        return found if one[:lows].nil? || %i[static fast].include?(found.verdict)

        low = judge(one.merge(judged: one[:lows]))
        return low if one[:lows].compact.size >= Rules::DUMPS

        Judge::Judgement.new(:unknown, [GARBAGE], nil, nil)
      end
    end
    private_constant :Lines
  end
end
