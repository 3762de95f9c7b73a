# frozen_string_literal: true

module HeapDump
  module Terminal
    # Commands that a user can copy from the output, whatever strangers have called their classes
    # and files.
    #
    #   Shell.join("heapdump why", "my heap.json", "A\eB")
    #   # => "heapdump why my\\ heap.json $'A\\033B'"
    module Shell # :nodoc:
      PLAIN = %r{\A(?:[\p{Word}./,:+@-]|[^\x00-\x7f])+\z}
      private_constant :PLAIN

      module_function

      # A command (String) and its arguments. +command+ stays as it is.
      def join(command, *arguments)
        [command, *arguments.map { |text| word(text) }].join(" ")
      end

      # One argument. What a terminal would not show as it is, or what is no UTF-8, is written in
      # octal, as bash, zsh, ksh and POSIX 2024 read it.
      def word(text)
        text = text.dup.force_encoding(Encoding::UTF_8)
        return octal(text) if !text.valid_encoding? || text.match?(Text::HARMFUL)
        return text if text.match?(PLAIN)

        require "shellwords"
        Shellwords.escape(text).gsub(/\\([^\x00-\x7f])/, '\1') # no shell gives those a meaning
      end

      def octal(text)
        "$'#{text.b.gsub(/[^ -~]|['\\]/n) { |byte| format("\\%03o", byte.ord) }}'"
      end
      private_class_method :octal
    end
  end
end
