# frozen_string_literal: true

module HeapDump
  module Terminal
    # Numbers for people.
    module Units
      STEPS = %w[B KiB MiB GiB TiB PiB].freeze
      # What is shown as 1,024.0. Float#round would be the only reason for some processes to load
      # pages of the C library's mathematics.
      NEXT = 1023.95
      private_constant :NEXT

      module_function

      # 31337 as "31,337".
      def count(number)
        number.to_s.gsub(/(?<=\d)(?=(?:\d{3})+\z)/, ",")
      end

      # 1536 as "1.5 KiB"; below 1024 "1,023 B" without a fraction.
      def bytes(number)
        size = number.abs.to_f
        step = 0
        while size >= NEXT && step < STEPS.size - 1
          size /= 1024
          step += 1
        end
        sign = number.negative? ? "-" : ""
        return "#{sign}#{count(number.abs)} B" if step.zero?

        whole, fraction = format("%.1f", size).split(".")
        "#{sign}#{count(whole)}.#{fraction} #{STEPS[step]}"
      end

      # A number with its sign, also with that of growth: "+1,200", "-3", "0".
      def count_change(number)
        number.positive? ? "+#{count(number)}" : count(number)
      end

      # A number of bytes with its sign: "+1.5 MiB", "-80 B", "0 B".
      def bytes_change(number)
        number.positive? ? "+#{bytes(number)}" : bytes(number)
      end

      # The share of a part in a whole: "12.3 %"; "<0.1 %" for a share that is small but not 0.
      def percent(part, whole)
        return "-" if whole.zero?

        share = 100.0 * part / whole
        share.positive? && share < 0.1 ? "<0.1 %" : format("%.1f %%", share)
      end

      # "1 object", "2,000 objects".
      def plural(number, word, many = "#{word}s")
        "#{count(number)} #{number == 1 ? word : many}"
      end
    end
  end
end
