# frozen_string_literal: true

require_relative "../terminal"
require_relative "../dump_files"

module HeapDump
  class Snapshot
    # What somebody who reads a dump has to know about it, in sentences. The list of the conditions
    # that a whole dump meets is in ext/heapgraph/records/whole.h; here are the words for each
    # condition that is not met. A fault that follows from another one that was named is not named
    # again.
    class Warnings # :nodoc:
      Units = Terminal::Units

      # The conditions, in the order in which faults are named. Each has a method of that name here.
      FAULTS = %i[
        compression no_byte_order_mark one_dump header_first footer_last one_footer complete gc_idle
        roots
        promised_objects promised_roots promised_lines promised_bytes ended line_ends no_holes
        valid_lines distinct_objects known_references known_types
      ].freeze
      # The format that docs/format.md describes.
      FORMAT = 1
      # The number that the reader gives if the footer's promise is no number.
      NONSENSE = (1 << 64) - 1

      def self.of(snapshot)
        warnings = new(snapshot)
        [*warnings.faults, *warnings.notes].freeze
      end

      # Raises Corrupt for the first fault: for +strict+.
      def self.refuse(snapshot)
        fault = new(snapshot).faults.first or return

        raise Corrupt.new("#{snapshot.path}: #{fault}; without strict (--strict) it is read all " \
                          "the same", snapshot.path)
      end

      def initialize(snapshot)
        @snapshot = snapshot
        @account = snapshot.tally
        @checks = @account[:checks]
      end

      # What is damaged or lost, each in one sentence.
      def faults
        FAULTS.select { |name| failed?(name) }.filter_map { |name| send(name) }
      end

      # Remarks about a dump that is whole: objects that could not be read, and missing roots,
      # because of which answers may be wrong.
      def notes
        [unread_objects, without_roots, unknown_format].compact
      end

      private

      def unknown_format
        format = @snapshot.header["format"]
        return if format.nil? || format == FORMAT

        "it has format #{format.inspect[0, 20]}, and this version reads format #{FORMAT}: what " \
          "is new in it is not read; update heapdump"
      end

      def failed?(*names)
        names.any? { |name| @checks[name] == false }
      end

      def plural(number, word)
        Units.plural(number, word)
      end

      def count(number)
        Units.count(number)
      end

      def there
        @account[:object_lines]
      end

      def compression
        at = count(@account[:damaged_at])
        "the compressed data is damaged at byte #{at} of the file; what follows is lost"
      end

      def no_byte_order_mark
        "it begins with a byte order mark: an editor or a conversion has changed it; take the " \
          "file as it was written"
      end

      def one_dump
        line, byte = @account.values_at(:second_line, :second_byte)
        "there are two dumps in it, the second begins at line #{count(line)} (byte " \
          "#{count(byte)}): all answers are about both at once; make two files of it (`head -c " \
          "#{byte}` and `tail -c +#{byte + 1}` of the uncompressed text)"
      end

      def header_first
        return "the HEADER is missing: the beginning of the dump is lost" unless
          @account[:has_header]

        "#{plural(@account[:before_header], "line")} before the HEADER: it is not the first line " \
          "of the dump"
      end

      def footer_last
        return if failed?(:one_dump)
        return cut_short unless @account[:has_footer]

        "#{plural(@account[:behind_footer], "line")} behind the FOOTER: the dump ends before them"
      end

      def cut_short
        "the dump was cut short after #{plural(there, "object")}#{expected}; sizes and paths are " \
          "of that part alone#{partial}"
      end

      # A dump has its own name when it is whole.
      def partial
        pid = @snapshot.path.to_s.b[DumpFiles::PARTIAL]&.delete("^0-9") or return
        "; by its name it is being written, by process #{pid}, or that has ended before it was " \
          "whole: wait until there is one without .partial-#{pid}"
      end

      # How many objects there may have been: the header says how many slots were in use.
      def expected
        gc = @snapshot.header["gc"]
        live = gc.is_a?(Hash) ? gc["heap_live_slots"] : nil
        live.is_a?(Integer) && live > there ? " of about #{count(live)}" : ""
      end

      def one_footer
        return if failed?(:one_dump)

        "there are #{count(@account[:footers])} FOOTERs: the dump has been put together of several"
      end

      def complete
        "the FOOTER does not say that the dump is complete"
      end

      def gc_idle
        "the GC ran while the dump was written: objects may be missing or told as they were no more"
      end

      def roots
        return unless @account[:has_footer]

        "there are no ROOT lines: they are lost, and every object looks like garbage"
      end

      def promised_objects
        differs(@account[:promised_objects], there, "object")
      end

      def promised_roots
        differs(@account[:promised_roots], @account[:root_lines], "ROOT line")
      end

      def promised_lines
        return if failed?(:promised_objects, :promised_roots)

        differs(@account[:promised_lines], @account[:lines], "line")
      end

      def promised_bytes
        return if failed?(:one_dump, :one_footer, :promised_objects, :promised_roots,
                          :promised_lines, :line_ends, :no_byte_order_mark)

        changed(@account[:promised_bytes], @account[:bytes_before_footer], "byte", " before it")
      end

      # Says nothing if a second dump or a second footer explains the difference.
      def differs(promised, seen, word)
        return if failed?(:one_dump, :one_footer)
        return changed(promised, seen, word) unless promised && promised != NONSENSE &&
                                                    promised > seen

        "#{plural(promised - seen, word)} of #{count(promised)} missing: lines of the dump are lost"
      end

      def changed(promised, seen, word, where = "")
        if promised.nil? || promised == NONSENSE
          return "the FOOTER does not say how many #{word}s there are"
        end

        "the FOOTER promises #{plural(promised, word)}#{where}, and there are #{count(seen)}: " \
          "the dump has been changed"
      end

      def ended
        return if failed?(:footer_last, :compression)

        "the last line has no end: the last byte of the dump is missing"
      end

      def line_ends
        "CR LF at the end of #{plural(@account[:crlf_lines], "line")}: the dump was copied as " \
          "text; copy it again as binary data"
      end

      def no_holes
        "#{plural(@account[:nul_bytes], "NUL byte")} in it, the first at line " \
          "#{count(@account[:nul_line])} (byte #{count(@account[:nul_byte])}): what should stand " \
          "there was never written"
      end

      def valid_lines
        bad = @account[:bad_lines]
        return if bad == @account[:nul_lines]

        "#{plural(bad, "bad line")} skipped, the first is line " \
          "#{count(@account[:bad_line])} (byte #{count(@account[:bad_byte])})"
      end

      def distinct_objects
        return if failed?(:one_dump)

        "#{plural(@account[:duplicates], "line")} of objects that have one already; the first " \
          "one counts"
      end

      def known_references
        "#{plural(@account[:missing], "object")} referred to without a line in the dump"
      end

      def known_types
        "#{plural(@account[:unknown_types], "object")} of types that this version does not know"
      end

      def unread_objects
        number = @account[:error_lines]
        return if number.zero?

        "#{plural(number, "object")} could not be read when the dump was taken (\"error\" in the " \
          "line): what they hold may be unknown"
      end

      def without_roots
        return unless @account[:objspace_format] && @account[:root_lines].zero?

        "there are no ROOT lines, as in dumps of a part of the heap (ObjectSpace.dump_all with " \
          "since:): all objects are read as living"
      end
    end
    private_constant :Warnings
  end
end
