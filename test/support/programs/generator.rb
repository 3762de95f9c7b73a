# frozen_string_literal: true

module Programs
  # Rules of the language that programs are written in: for each name its alternatives, from the
  # files *.grammar. There, `== name` begins a rule, each line is an alternative, a line that is
  # indented continues the one before, and `#` begins a comment. In an alternative, `rule` in
  # backquotes stands for an expansion of that rule; `x=rule` also names it, and `x` then stands for
  # the same text again.
  class Grammar
    attr_reader :rules

    def self.load
      new(Dir[File.join(__dir__, "*.grammar")])
    end

    def initialize(paths)
      @rules = {}
      paths.each { |path| File.foreach(path, chomp: true) { |line| read(line) } }
    end

    private

    def read(line)
      case line
      when /\A(#|\s*\z)/ then nil
      when /\A== (\w+)\z/ then @rule = (@rules[Regexp.last_match(1)] ||= [])
      when /\A\s/ then @rule.last << "\n" << line
      else @rule << line.dup
      end
    end
  end

  # Writes one program. The same seed gives the same text on every Ruby.
  class Generator
    HOLE = /`(?:(\w+)=)?(\w+)`/
    DEEP = 5
    VALUES = %w[value leaf string object class container weak code proc method binding evaluated
                data_value number_object thread fiber].freeze
    # Around what MRI embeds in a slot of 40 to 640 bytes, and around what a small hash holds.
    SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 18, 20, 22, 23, 24, 25, 31, 32, 38,
             39, 40, 55, 56, 57, 63, 64, 71, 72, 76, 77, 78, 79, 80, 81].freeze
    LARGE = [119, 120, 127, 128, 135, 136, 137, 155, 156, 159, 160, 255, 256, 295, 296, 300, 312,
             319, 320, 500, 600, 615, 616, 617, 624, 625, 639, 640, 641, 1000].freeze

    def initialize(seed, grammar = Grammar.load)
      @rules = grammar.rules
      @seed = seed
      @random = Random.new(seed)
      @count = 0
    end

    def source
      @source ||= begin
        pieces = Array.new(@random.rand(2..8)) { "P.piece do\n#{expand("piece", 0)}\nend\n" }
        "# encoding: UTF-8\n# Program #{@seed}\nP.start\n#{pieces.join}#{expand("finish", 0)}\n"
      end
    end

    private

    # Whatever is a value may stand anywhere in another one.
    def expand(rule, depth)
      return send(:"make_#{rule}") if respond_to?(:"make_#{rule}", true)

      rule = "leaf" if rule == "value" && depth > DEEP
      alternatives = @rules.fetch(rule) { raise KeyError, "no rule `#{rule}` in the grammar" }
      text = fill(alternatives[@random.rand(alternatives.size)], depth)
      VALUES.include?(rule) && !text.match?(/\A[\w:]+\z/) ? "(#{text})" : text
    end

    def fill(text, depth)
      named = {}
      text.gsub(HOLE) do
        name, rule = Regexp.last_match.captures
        next named[rule] if name.nil? && named.key?(rule)

        made = expand(rule, depth + 1)
        named[name] = made if name
        made
      end
    end

    def make_size
      SIZES[@random.rand(SIZES.size)].to_s
    end

    def make_large
      LARGE[@random.rand(LARGE.size)].to_s
    end

    def make_small
      @random.rand(0..4).to_s
    end

    def make_number
      @random.rand(1000).to_s
    end

    # Something that has no second one in the program.
    def make_fresh
      (@count += 1).to_s
    end

    def make_values
      Array.new(@random.rand(0..5)) { expand("value", DEEP - 1) }.join(", ")
    end
  end
end
