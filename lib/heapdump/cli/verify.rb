# frozen_string_literal: true

require_relative "reading"

module HeapDump
  module CLI
    # Shows whether a dump is whole and valid.
    class Verify < Reading
      usage "FILE"
      details <<~TEXT
        Reads all of it: each line has to be valid, HEADER and FOOTER have to be where they belong,
        and as much has to be there as the FOOTER promises. What ObjectSpace.dump_all writes has no
        FOOTER, so nobody can tell whether it is whole. Exit status 1 if something is wrong.
      TEXT

      # The checks whose failure makes a dump invalid, and not only incomplete.
      VALID = %i[
        compression no_byte_order_mark valid_lines no_holes line_ends one_dump one_footer
        distinct_objects known_types
      ].freeze
      private_constant :VALID

      def call(file)
        @index = false
        snapshot = open_snapshot(file)
        json? ? json(snapshot) : show(snapshot)
        snapshot.whole == false ? ERROR : OK
      end

      private

      def show(snapshot)
        account = snapshot.tally
        table = Table.new(nil)
        table.row("format", format_words(snapshot))
        table.row("taken", taken(snapshot.header)) unless snapshot.header.empty?
        table.row("lines", of_promised(account[:lines], account[:promised_lines]))
        table.row("objects", of_promised(account[:object_lines], account[:promised_objects]))
        table.row("roots", of_promised(account[:root_lines], account[:promised_roots]))
        table.row("text", "#{bytes(account[:bytes])} uncompressed")
        screen.table(table)
        screen.line(verdict(snapshot))
      end

      def format_words(snapshot)
        return "ObjectSpace.dump_all" if snapshot.tally[:objspace_format]

        header = snapshot.header
        return "heapdump, without a HEADER" if header.empty?

        "heapdump #{header["format"]}, Ruby #{header["ruby"]}, strings: #{header["strings"]}"
      end

      def taken(header)
        "#{header["time"]} of #{header["program"]} (process #{header["pid"]} on #{header["host"]})"
      end

      def of_promised(there, promised)
        promised ? "#{count(there)} of #{count(promised)} promised" : count(there)
      end

      def verdict(snapshot)
        case snapshot.whole
        when false then [:red, "damaged"]
        when nil
          lack = ", and no ROOT line" if snapshot.tally[:root_lines].zero?
          [:yellow, "valid; there is no footer to tell whether it is whole#{lack}"]
        else whole_verdict(snapshot)
        end
      end

      def whole_verdict(snapshot)
        number = snapshot.tally[:error_lines]
        return [:green, "whole and valid"] if number.zero?

        unread = Terminal::Units.plural(number, "object")
        [:yellow, "whole and valid, but for #{unread} that could not be read when it was taken"]
      end

      def json(snapshot)
        account = snapshot.tally
        print_json(file: snapshot.path, valid: account[:checks].values_at(*VALID).none?(false),
                   whole: snapshot.whole, warnings: snapshot.warnings, header: snapshot.header,
                   **account.sort.to_h)
      end
    end
  end
end
