# frozen_string_literal: true

require "strscan"

module HeapDump
  class Snapshot
    # The text of conditions (Where), from which values are taken one after the other. Each method
    # skips spaces first, and raises InvalidCondition if what is there is no such value.
    class WhereValues # :nodoc:
      # What names of Ruby are made of: all that is not ASCII, too.
      PART = /(?:\p{Word}|[^\x00-\x7f])/
      NAME = /\p{Lu}#{PART}*(?:::\p{Lu}#{PART}*)*/
      NUMBER = /\d+[kmg]?(?:i?b)?(?![\p{Word}.])/i
      PLAIN_NUMBER = /-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\p{Word}.])/i
      ADDRESS = /0x\h{1,16}(?!\p{Word})/
      SYMBOL = /:(?!\d)#{PART}+[?!=]?/
      REGEXP = %r{/(?:[^/\\]|\\.)*/[imx]*}m
      WORD = /(?:nil|true|false)(?!\p{Word})/
      WORDS = { "nil" => nil, "true" => true, "false" => false }.freeze
      QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/m
      ESCAPE = /\\(?:u(\h{4})|(.))/m
      ESCAPES = { "n" => "\n", "t" => "\t", "r" => "\r", "e" => "\e", "0" => "\0" }.freeze
      UNITS = { "k" => 1 << 10, "m" => 1 << 20, "g" => 1 << 30 }.freeze
      FLAGS = { "i" => Regexp::IGNORECASE, "m" => Regexp::MULTILINE,
                "x" => Regexp::EXTENDED }.freeze
      # Flags that objects may have.
      OBJECTS = %w[finalizer frozen old shared singleton error].freeze
      SHOWN = 20 # characters of what is wrong

      def initialize(text)
        @scanner = StringScanner.new(utf8(text))
      end

      # What matches, nil if nothing does.
      def scan(pattern)
        @scanner.skip(/\s+/)
        @scanner.scan(pattern)
      end

      # The same, without taking it.
      def check(pattern)
        @scanner.skip(/\s+/)
        @scanner.check(pattern)
      end

      def ended?
        @scanner.skip(/\s+/)
        @scanner.eos?
      end

      # Whether nothing follows without a space.
      def between?
        @scanner.eos? || !@scanner.match?(/\s/).nil?
      end

      # Raises InvalidCondition: something else is expected here.
      def fault(expected)
        @scanner.skip(/\s+/)
        there = @scanner.check(/\S{1,#{SHOWN}}/o)
        refuse("#{expected} is expected at character #{position}, " \
               "#{there ? "not #{there.inspect}" : "but the text ends"}")
      end

      # The name of a class (String).
      def name
        scan(NAME) || quoted || fault('the name of a class (Session, "my class")')
      end

      # The name of a class (String) or the address of an object (Where::Address).
      def object
        address || scan(NAME) || quoted ||
          fault("the name of a class or an address (Session, 0x7f10a2b3c4d8)")
      end

      # The number of a type (Integer).
      def type
        word = check(/\p{Word}+/)
        number = word && Node::TYPES.index(word.upcase)
        fault("a type (#{(Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT]).join(" ")})") unless number
        scan(/\p{Word}+/)
        number
      end

      # The number of a flag (Integer).
      def flag
        word = check(/\w+/)
        number = word && OBJECTS.include?(word) && Node::FLAGS.index(word.to_sym)
        fault("a flag (#{OBJECTS.join(" ")})") unless number
        scan(/\w+/)
        number
      end

      # A kind of page (Symbol): there is one.
      def page
        scan(/sparse(?!\p{Word})/)&.to_sym || fault('"sparse"')
      end

      # A place in the source (String).
      def place
        quoted || scan(/[^\s"']\S*/) || fault('a place ("app/bus.rb:9")')
      end

      # A number with or without a unit (Integer).
      def number
        text = check(NUMBER) or fault("a number (4096, 64k, 1M)")
        value = text.to_i * UNITS.fetch(text[/[kmg]/i].to_s.downcase, 1)
        fault("a number below 2^63") if value.bit_length > 63
        scan(NUMBER)
        value
      end

      # A number as in Ruby (Integer or Float).
      def plain_number
        text = scan(PLAIN_NUMBER) or fault("a number (3, -1.5)")
        text.match?(/[.e]/i) ? text.delete("_").to_f : text.delete("_").to_i
      end

      # A Regexp.
      def regexp
        text = check(REGEXP) or fault("a regular expression (/text/i)")
        source, flags = text.match(%r{\A/(.*)/(\w*)\z}m).captures
        source = source.gsub(/\\./m) { |pair| pair == "\\/" ? "/" : pair }
        regexp = Regexp.new(source, flags.each_char.map { |flag| FLAGS.fetch(flag) }.inject(0, :|))
        Values.check_pattern(regexp)
        scan(REGEXP)
        regexp
      rescue RegexpError => e
        refuse("the regular expression at character #{position} is wrong: #{e.message}")
      end

      # What a variable may hold: a Symbol, String, Integer, Float, true, false, nil or
      # Where::Address.
      def any
        case check(/./m)
        when ":" then symbol
        when '"', "'" then quoted || fault("the end of the text in quotes")
        when /[-\d]/ then address || plain_number
        else
          word = scan(WORD) or
            fault("a value (:open, \"text\", 3, 1.5, true, false, nil, 0x7f10a2b3c4d8)")
          WORDS.fetch(word)
        end
      end

      private

      def position
        @scanner.charpos + 1
      end

      def refuse(message)
        raise InvalidCondition.new("where: #{message}", position)
      end

      def address
        text = scan(ADDRESS)
        text && Where::Address.new(text)
      end

      def symbol
        text = scan(SYMBOL) and return text[1..].to_sym
        fault("a symbol (:open, :\"two words\")") unless check(/:(?=["'])/)

        scan(":")
        (quoted || fault("the end of the text in quotes")).to_sym
      end

      # A text in quotes (String), nil if there is none.
      def quoted
        text = scan(QUOTED) or return
        inner = text[1...-1]
        return inner.gsub(/\\([\\'])/, '\1') if text.start_with?("'")

        inner.gsub(ESCAPE) do
          hex, char = Regexp.last_match.captures
          hex ? character(hex.hex) : ESCAPES.fetch(char, char)
        end
      end

      def character(code)
        refuse("there is no character \\u#{format("%04x", code)}") if code.between?(0xd800, 0xdfff)
        [code].pack("U")
      end

      # Raises InvalidCondition if a text cannot be text in UTF-8.
      def utf8(text)
        bytes = [Encoding::BINARY, Encoding::US_ASCII].include?(text.encoding)
        copy = bytes ? text.dup.force_encoding(Encoding::UTF_8) : text.encode(Encoding::UTF_8)
        return copy if copy.valid_encoding?

        wrong = copy.each_char.find_index { |char| !char.valid_encoding? } + 1
        raise InvalidCondition.new("where: character #{wrong} is not valid UTF-8", wrong)
      rescue EncodingError
        raise InvalidCondition.new("where: it cannot be written in UTF-8", 1)
      end
    end
  end
end
