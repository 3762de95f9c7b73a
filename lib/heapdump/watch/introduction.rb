# frozen_string_literal: true

module HeapDump
  class Watch
    # What a watch says of itself when it begins.
    module Introduction # :nodoc:
      module_function

      def words(options, gauge, rules)
        "watching, dumps to #{options.directory}, #{limit(options, gauge)}#{marks(rules)}" \
          "#{room(gauge, rules)}#{buses(options, rules)}"
      end

      def limit(options, gauge)
        return "no limit of the memory is known" unless gauge.limit

        of = options.limit ? "as given" : { group: "of the control group" }[gauge.source]
        "limit #{Terminal::Units.bytes(gauge.limit)} (#{of || "of the machine"})"
      end

      def marks(rules)
        marks = rules.grep(Rules::Memory).flat_map(&:marks).uniq
        marks.empty? ? "" : ", marks at #{marks.join(", ")}"
      end

      # Where a limit is so small that there is no room for a dump at all marks.
      def room(gauge, rules)
        most = gauge.room_up_to or return ""
        bars = rules.grep(Rules::Memory).flat_map { |rule| rule.bars(gauge.limit) }
        return "" if gauge.source == :machine || bars.none? { |bar| bar > most }
        return " (there is no room for a dump in so little memory)" unless most.positive?

        early = bars.all? { |bar| bar > most } ? "all of them strike" : "what is above strikes"
        format(" (a single process has room for a dump up to %<share>.2f of the limit: " \
               "%<early>s early)", share: (most / gauge.limit).floor(2), early: early)
      end

      # By which one can ask. That the directory of the dumps is one goes without saying.
      def buses(options, rules)
        all = rules.filter_map(&:address)
        all.reject! { |address| address.place == options.directory }
        all.empty? ? "" : ", to be asked by #{all.join(", ")}"
      end
    end
  end
end
