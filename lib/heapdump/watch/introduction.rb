# frozen_string_literal: true

module HeapDump
  class Watch
    # What a watch says of itself when it begins.
    module Introduction # :nodoc:
      module_function

      def words(options, gauge, rules)
        "watching, dumps to #{options.directory}, #{limit(options, gauge)}#{marks(rules)}" \
          "#{buses(options, rules)}"
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

      # By which one can ask. That the directory of the dumps is one goes without saying.
      def buses(options, rules)
        all = rules.filter_map(&:address)
        all.reject! { |address| address.place == options.directory }
        all.empty? ? "" : ", to be asked by #{all.join(", ")}"
      end
    end
  end
end
