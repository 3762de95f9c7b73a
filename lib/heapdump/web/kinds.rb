# frozen_string_literal: true

module HeapDump
  class Web
    # What the value of a parameter can be. Each kind has +value+, which returns the value of a
    # text, or nil for a text that is none; and +words+, which says what it is.
    module Kinds
      # An Integer in a range.
      Number = Struct.new(:range) do
        def value(text)
          number = text.to_i if text.match?(/\A\d{1,15}\z/)
          number if number && range.cover?(number)
        end

        def words
          "a number from #{range.begin} #{range.end ? "to #{range.end}" : "on"}"
        end
      end

      # Which numbers are meant, as ">1000", "<1MB", "1..5" or "7": the Range of these Integers.
      # k, M and G are 1024, 1024² and 1024³; a sign is allowed.
      class Bounds
        UNITS = { "" => 1, "k" => 1024, "m" => 1024**2, "g" => 1024**3 }.freeze
        NUMBER = /[+-]?\d{1,15}(?:\.\d{1,6})?(?: ?(?:[kmg](?:i?b)?|b))?/i
        FORM = /\A\s*(?:(?<relation>[<>]=?|=)?\s*(?<one>#{NUMBER})|
                 (?<least>#{NUMBER})\s*\.\.\s*(?<most>#{NUMBER}))\s*\z/x
        private_constant :UNITS, :NUMBER, :FORM

        def value(text)
          found = FORM.match(text) if text.size <= 100
          return unless found
          return related(found[:relation].to_s, number(found[:one])) if found[:one]

          least, most = found.values_at(:least, :most).map { |one| number(one) }
          least.ceil..most.floor if least <= most
        end

        def words
          "a number or numbers as >1000, <1MB, 1..5 (k, M and G are 1024, 1024² and 1024³)"
        end

        private

        def number(text)
          text.to_r * UNITS.fetch(text[/[kmg]/i].to_s.downcase)
        end

        def related(relation, number)
          case relation
          when ">" then (number.floor + 1)..
          when ">=" then number.ceil..
          when "<" then ..(number.ceil - 1)
          when "<=" then ..number.floor
          else number.ceil..number.floor # none, if the number is no integer
          end
        end
      end

      # One of some words, as a Symbol.
      Word = Struct.new(:all) do
        def value(text)
          all.find { |word| word.to_s == text }
        end

        def words
          "one of #{all.join(", ")}"
        end
      end

      # A text without control characters.
      Text = Struct.new(:most) do
        def value(text)
          text if text.size.between?(1, most) && !text.match?(/\p{Cc}/)
        end

        def words
          "a text of 1 to #{most} characters"
        end
      end

      # A name that was found in a dump, whatever characters it has.
      Name = Struct.new(:most) do
        def value(text)
          text if text.size.between?(1, most)
        end

        def words
          "a name of 1 to #{most} characters"
        end
      end

      # A regular expression.
      Pattern = Struct.new(:most) do
        def value(text)
          Snapshot::Values.check_pattern(Regexp.new(text)) if text.size.between?(1, most)
        rescue RegexpError
          nil
        end

        def words
          "a regular expression of 1 to #{most} characters"
        end
      end

      # 1 or 0, as true or false.
      Flag = Struct.new(:nothing) do
        def value(text)
          { "1" => true, "0" => false }[text]
        end

        def words
          "1 or 0"
        end
      end

      # The address of an object, as "0x7f10a2b3c4d8".
      Address = Struct.new(:nothing) do
        def value(text)
          text if text.match?(/\A0x\h{1,16}\z/)
        end

        def words
          "an address as 0x7f10a2b3c4d8"
        end
      end

      # So many different names of dumps or of a job, with commas between them.
      Names = Struct.new(:range, :digits, :what) do
        def value(text)
          names = text.split(",", -1).uniq
          return unless range.cover?(names.size) && names.all?(/\A\h{#{digits}}\z/)

          range.end == 1 ? names.first : names
        end

        def words
          return "the id of #{what}" if range.end == 1

          "the ids of #{what}, #{range.begin} to #{range.end}, with commas between them"
        end
      end
    end
  end
end
