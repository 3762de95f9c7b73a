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
      KILOBYTES = Hash.new { |all, key| all[key] = /^#{Regexp.escape(key)}:\s*(\d+) kB$/ }
      private_constant :MOST, :KEYED, :KILOBYTES

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
        number = number_of(text && text[KILOBYTES[key], 1])
        number && (number << 10)
      end

      def number_of(text)
        text&.match?(/\A\d{1,20}\s*\z/) ? text.to_i : nil
      end
    end
  end
end
