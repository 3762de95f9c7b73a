# frozen_string_literal: true

require_relative "mutant"

module Mutants
  # The mutants of a C file. They are found in its text, from which comments, strings and the
  # preprocessor's lines are wiped out first; clang-format sees to it that operators have spaces
  # around them and that functions begin and end in the first column.
  class CSource
    SWAPS = {
      "comparison" => { "<" => "<=", "<=" => "<", ">" => ">=", ">=" => ">", "==" => "!=",
                        "!=" => "==" },
      "logic" => { "&&" => "||", "||" => "&&" },
      "arithmetic" => { "+" => "-", "-" => "+", "<<" => ">>", ">>" => "<<", "&" => "|", "|" => "&",
                        "+=" => "-=", "-=" => "+=", "|=" => "&=", "&=" => "|=" }
    }.freeze

    WIPED = %r{
      /\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+' |
      ^\#(?:\\\n|[^\n])*
    }mx
    FUNCTION = /^([\w* ]+)\n(\w+)\([^{};]*\) \{\n(.*?)^\}/m
    # A call or an assignment; two words before the sign of equality are a declaration.
    STATEMENT = %r{^[ ]+(?!return|goto|break|continue|case|default|else|if|for|while|do|sizeof)
                   (?:\([^()\n]*\))?[*&]*\w[\w.>\[\]-]*
                   (?:\(|\ [-+*/|&^%]?=\ |\ (?:<<|>>)=\ |\+\+;|--;)[^;{}]*;$ |
                   ^[ ]+(?:\+\+|--)[^;{}]*;$}x
    NUMBER = /(?<![\w.'])(0[xX]\h+|\d+)([uUlL]*)\b(?![.'])/

    def initialize(file, text)
      @file = file
      @text = text
      @masked = text.gsub(WIPED) { |wiped| wiped.gsub(/[^\n]/, " ") }
      @mutants = []
    end

    def mutants
      each_function do |type, body, from|
        early_return(type, from)
        conditions(body, from)
        swaps(body, from)
        each_match(body, from, /!(?=[\w(*])/) { |_| ["negation", ""] }
        each_match(body, from, NUMBER) do |found|
          ["constant", "#{Integer(found[1]) + 1}#{found[2]}"]
        end
        each_match(body, from, /\b(true|false)\b/) do |found|
          ["boolean", (found[0] != "true").to_s]
        end
        statements(body, from)
      end
      @mutants.sort_by { |mutant| [mutant.line, mutant.kind, mutant.after] }
    end

    private

    def each_function
      @masked.scan(FUNCTION) do
        match = Regexp.last_match
        yield match[1], match[3], match.begin(3)
      end
    end

    def add(kind, offset, length, text)
      @mutants << Mutant.new(@file, @text, kind, offset...(offset + length), text)
    end

    # Yields each match; the block says what kind of mutant it is, and what stands there then.
    def each_match(body, from, pattern)
      body.scan(pattern) do
        match = Regexp.last_match
        kind, text = yield(match)
        add(kind, from + match.begin(0), match[0].size, text)
      end
    end

    def swaps(body, from)
      SWAPS.each do |kind, table|
        signs = Regexp.union(table.keys.sort_by { |sign| -sign.size })
        each_match(body, from, /(?<=[ \n])(?:#{signs})(?=[ \n])/) do |found|
          [kind, table.fetch(found[0])]
        end
      end
    end

    def conditions(body, from)
      body.scan(/\bif \(/) do
        open = Regexp.last_match.end(0) - 1
        close = closing(body, open) or next
        inner = @text[(from + open)..(from + close)]
        add("condition", from + open, inner.size, "(!#{inner})")
      end
    end

    # Where the parenthesis closes that opens there.
    def closing(body, open)
      depth = 0
      (open...body.size).each do |at|
        depth += { "(" => 1, ")" => -1 }.fetch(body[at], 0)
        return at if depth.zero?
      end
      nil
    end

    def statements(body, from)
      body.scan(STATEMENT) do
        match = Regexp.last_match
        statement = match[0]
        next unless statement.count("(") == statement.count(")")

        indent = statement[/\A */].size
        add("dropped", from + match.begin(0) + indent, statement.size - indent, ";")
      end
    end

    def early_return(type, from)
      value =
        case type
        when /\*/ then " NULL"
        when /\bvoid\b/ then ""
        when /\bVALUE\b/ then " Qnil"
        when /\bstruct\b/ then return
        else " 0"
        end
      add("early return", from, 0, "return#{value};\n")
    end
  end
end
