# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  class Snapshot
    # What is wrong with a dump, in sentences: how much is missing, and which lines were bad.
    module Warnings # :nodoc:
      Units = Terminal::Units

      def self.of(snapshot)
        account = snapshot.account
        [missing_end(snapshot, account), damage(account), bad_lines(account), missing(account),
         unknown(account)].compact
      end

      def self.missing_end(snapshot, account)
        return if account[:objspace_format] || account[:complete]
        return unless account[:has_header] || account[:has_footer]

        seen = snapshot.objects - account[:missing]
        promised = account[:promised_objects]
        if account[:has_footer] && promised > seen
          lost = Units.plural(promised - seen, "object")
          "#{lost} of #{Units.count(promised)} missing: lines of the dump are lost"
        elsif account[:has_footer]
          "the footer promises #{Units.count(promised)} objects, and there are " \
            "#{Units.count(seen)}: the dump has been changed"
        else
          "the dump was cut short after #{Units.plural(seen,
                                                       "object")}#{expected(snapshot, seen)}; " \
            "sizes and paths are of that part alone"
        end
      end

      # How many there may have been: the header knows how many slots were in use.
      def self.expected(snapshot, seen)
        gc = snapshot.header["gc"]
        live = gc.is_a?(Hash) ? gc["heap_live_slots"] : nil
        live.is_a?(Integer) && live > seen ? " of about #{Units.count(live)}" : ""
      end

      def self.damage(account)
        return unless account[:damaged_at]

        at = Units.count(account[:damaged_at])
        "the compressed data is damaged at byte #{at} of the file; what follows is lost"
      end

      def self.bad_lines(account)
        bad = account[:bad_lines]
        return if bad.zero?

        "#{Units.plural(bad, "bad line")} skipped, the first is line " \
          "#{Units.count(account[:bad_line])} (byte #{Units.count(account[:bad_byte])})"
      end

      def self.missing(account)
        return if account[:missing].zero? || account[:objspace_format]

        "#{Units.plural(account[:missing], "object")} referred to without a line in the dump"
      end

      def self.unknown(account)
        return if account[:unknown_types].zero?

        "#{Units.plural(account[:unknown_types],
                        "object")} of types that this version does not know"
      end
      private_class_method :missing_end, :expected, :damage, :bad_lines, :missing, :unknown
    end
    private_constant :Warnings
  end
end
