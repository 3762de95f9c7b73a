# frozen_string_literal: true

require "ripper"
require_relative "mutant"

module Mutants
  # The mutants of a Ruby file, found among its tokens; only within methods.
  class RubySource
    OPERATORS = {
      "==" => %w[comparison !=], "!=" => %w[comparison ==], "<" => %w[comparison <=],
      "<=" => %w[comparison <], ">" => %w[comparison >=], ">=" => %w[comparison >],
      "&&" => %w[logic ||], "||" => %w[logic &&], "+" => %w[arithmetic -], "-" => %w[arithmetic +]
    }.freeze
    WORDS = {
      "true" => %w[boolean false], "false" => %w[boolean true], "if" => %w[condition unless],
      "unless" => %w[condition if], "and" => %w[logic or], "or" => %w[logic and]
    }.freeze

    # A call or an assignment that is a line of its own.
    STATEMENT = /^\ +(?:@*\w+\ (?:[-+|&]|\|\|)?=\ .+ | [@\w.]+\ <<\ .+ |
                       [@\w.]+[!?]?\(.*\) | @?\w+(?:\.\w+[!?]?)+)$/x
    METHOD = /\A +def [^=]*\z/

    def initialize(file, text)
      @file = file
      @text = text
      @lines = text.lines
      @mutants = []
    end

    def mutants
      tokens = Ripper.lex(@text)
      tokens.each_with_index do |((line, column), kind, text, _), at|
        next unless inside?(line)

        token(kind, text, offset(line, column), tokens[at + 1])
      end
      statements
      @mutants.select { |mutant| valid?(mutant) }
    end

    private

    def token(kind, text, offset, following)
      case kind
      when :on_op then operator(text, offset, following)
      when :on_kw then WORDS[text]&.then { |name, other| add(name, offset, text.size, other) }
      when :on_int then add("constant", offset, text.size, Integer(text).succ.to_s)
      end
    end

    # A sign without a space after it has one operand.
    def operator(text, offset, following)
      return add("negation", offset, 1, "") if text == "!"
      return unless following && %i[on_sp on_ignored_nl].include?(following[1])

      OPERATORS[text]&.then { |name, other| add(name, offset, text.size, other) }
    end

    def statements
      @lines.each_with_index do |text, at|
        next unless inside?(at + 1)

        from = offset(at + 1, text[/\A */].size)
        line = text.strip
        if STATEMENT.match?(text.chomp) then add("dropped", from, line.size, "nil")
        elsif text.match?(METHOD) then add("early return", from + line.size, 0, "; return")
        end
      end
    end

    # A mutant that is no Ruby, or is none at all.
    def valid?(mutant)
      mutant.apply != @text && !Ripper.sexp(mutant.apply).nil?
    end

    def add(kind, offset, length, text)
      @mutants << Mutant.new(@file, @text, kind, offset...(offset + length), text)
    end

    # In characters, as the Strings here count; Ripper counts bytes.
    def offset(line, column)
      @starts ||= @lines.each_with_object([0]) { |text, all| all << (all.last + text.size) }
      @starts[line - 1] + @lines[line - 1].byteslice(0, column).size
    end

    def inside?(line)
      @inside ||= method_lines
      @inside[line]
    end

    def method_lines
      @lines.each_with_index.with_object({}) do |(text, at), inside|
        @open ||= text[/\A( +)(?:private )?def (?!.*\) = )/, 1]
        inside[at + 1] = true if @open
        inside[at + 1] = true if text.match?(/\A +def .*\) = /)
        @open = nil if @open && text.match?(/\A#{@open}end\b/)
      end
    end
  end
end
