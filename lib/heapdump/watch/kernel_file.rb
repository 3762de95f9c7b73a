# frozen_string_literal: true

module HeapDump
  class Watch
    # What the kernel tells in small files. They may be missing, may have gone since, and may have
    # anything in them: then there is no answer (nil), and never an exception. No file is kept open;
    # those of each look are read as KeptFile.
    module KernelFile # :nodoc:
      MOST = 1 << 16 # none of these files is as long
      # What a line of memory.stat and its like, or of smaps and its like, has behind its key. A
      # pattern is only made once: these files are read at each look.
      KEYED = Hash.new { |all, key| all[key] = /^#{Regexp.escape(key)} (.*)$/ }
      KILOBYTES = Hash.new { |all, key| all[key] = /^#{Regexp.escape(key)}:\s*(\d{1,20}) kB$/ }
      # The same of a text that is kept: the rest of the line.
      REST = /\G {0,20}\d{1,20} kB$/
      LONGEST = 40 # of spaces and digits
      NEWLINE = 10
      private_constant :MOST, :KEYED, :KILOBYTES, :REST, :LONGEST, :NEWLINE

      module_function

      # The text of a file, nil if it cannot be read.
      def read(path)
        File.binread(path, MOST)
      rescue SystemCallError, IOError
        nil
      end

      # The only number in a file; nil for "max" and for anything else that is no number.
      def number(path)
        number_of(read(path))
      end

      # The number of the line "KEY NUMBER", as memory.stat has them.
      def keyed(text, key)
        number_of(text && text[KEYED[key], 1])
      end

      # Bytes of the line "KEY:   NUMBER kB", as smaps and meminfo have them.
      def kilobytes(text, key)
        number = text && text[KILOBYTES[key], 1]
        number && (number.to_i << 10)
      end

      # The same as .kilobytes of a text that is to be read again into the same String (KeptFile);
      # +key+ has its colon. A match with what it has found would be an object that shares the text,
      # and then the next reading has to copy all of it.
      def kilobytes_of_kept(text, key)
        at = text.index(key) or return
        return unless at.zero? || text.getbyte(at - 1) == NEWLINE

        at += key.bytesize
        text.byteslice(at, LONGEST).to_i << 10 if text.match?(REST, at)
      end

      def number_of(text)
        text&.match?(/\A\d{1,20}\s*\z/) ? text.to_i : nil
      end
    end
  end
end
