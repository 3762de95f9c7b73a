# frozen_string_literal: true

require_relative "reading"

module HeapDump
  module CLI
    # Whether a dump is whole and valid.
    class Verify < Reading
      usage "FILE"
      details <<~TEXT
        Reads all of it: every line has to be valid, and as many objects have to be there as the
        footer promises. What ObjectSpace.dump_all writes has no footer, so nobody can tell whether it
        is whole. Exit status 1 if something is wrong.
      TEXT

      def call(file)
        @index = false
        snapshot = open_snapshot(file)
        json? ? json(snapshot) : show(snapshot)
        snapshot.warnings.empty? ? OK : ERROR
      end

      private

      def show(snapshot)
        account = snapshot.account
        table = Table.new(nil)
        table.row("format", format_words(snapshot))
        table.row("taken", taken(snapshot.header)) unless snapshot.header.empty?
        table.row("lines", count(account[:lines]))
        table.row("objects", objects(account, snapshot))
        table.row("text", "#{bytes(account[:bytes])} uncompressed")
        screen.table(table)
        screen.line(verdict(snapshot))
      end

      def format_words(snapshot)
        return "ObjectSpace.dump_all" if snapshot.account[:objspace_format]

        header = snapshot.header
        "heapdump #{header["format"]}, Ruby #{header["ruby"]}, strings: #{header["strings"]}"
      end

      def taken(header)
        "#{header["time"]} of #{header["program"]} (process #{header["pid"]} on #{header["host"]})"
      end

      def objects(account, snapshot)
        there = count(snapshot.objects - account[:missing])
        return there unless account[:has_footer]

        "#{there} of #{count(account[:promised_objects])} promised"
      end

      def verdict(snapshot)
        return [:red, "damaged"] unless snapshot.warnings.empty?
        if foreign?(snapshot)
          return [:yellow,
                  "valid; there is no footer to tell whether it is whole"]
        end

        [:green, "whole and valid"]
      end

      def foreign?(snapshot)
        snapshot.account[:objspace_format] && !snapshot.account[:has_footer]
      end

      def json(snapshot)
        account = snapshot.account
        print_json(file: snapshot.path, valid: account[:bad_lines].zero?,
                   whole: foreign?(snapshot) ? nil : snapshot.warnings.empty?,
                   warnings: snapshot.warnings, header: snapshot.header,
                   **account.sort.to_h)
      end
    end
  end
end
