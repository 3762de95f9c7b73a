# frozen_string_literal: true

# What sig/ declares, read line by line: to read all that RBS may be would take a gem.
class Signatures
  OPENING = /\A(?:module|class|interface) (\w+)/
  CONSTANT = /\A([A-Z]\w*): /
  METHOD = /\Adef (self\.)?([\w?!=\[\]]+): (.*)/
  ATTRIBUTE = /\Aattr_(reader|accessor) (\w+): /
  KEYWORD = /(?:\A|[(,]) *\??([a-z]\w*): /
  DEPTH = { "(" => 1, "[" => 1, "{" => 1, ")" => -1, "]" => -1, "}" => -1 }.freeze

  # What a module has: names of constants, and those of methods (".dump" of the module itself,
  # "#path" of its instances), each with the names of its keywords.
  class Declared
    attr_reader :constants, :methods

    def initialize
      @constants = []
      @methods = {}
    end
  end

  # "HeapDump::Result" => Declared
  attr_reader :modules

  def initialize(paths)
    @modules = Hash.new { |all, name| all[name] = Declared.new }
    paths.each { |path| read(path) }
  end

  private

  def read(path)
    @nesting = []
    declarations(path).each { |text| declare(text) }
    raise "#{path}: #{@nesting.join("::")} has no end" unless @nesting.empty?
  end

  # What goes on behind the end of a line has a bracket open.
  def declarations(path)
    lines = File.readlines(path, chomp: true, encoding: "UTF-8").map(&:strip)
    open = 0
    lines.reject { |line| line.empty? || line.start_with?("#") }
         .slice_when { |line, _next| (open += depth(line)).zero? }
         .map { |parts| parts.join(" ") }
  end

  def depth(line)
    line.each_char.sum { |char| DEPTH.fetch(char, 0) }
  end

  def declare(text)
    case text
    when OPENING then open_module(*Regexp.last_match.captures)
    when "end" then @nesting.pop
    when CONSTANT then current.constants.push(*Regexp.last_match.captures)
    when ATTRIBUTE then attribute(*Regexp.last_match.captures)
    when METHOD then method(*Regexp.last_match.captures)
    when /\A(?:include |type |\| )/ then nil # `|`: another way to call the same
    else raise "sig/ has a line that this reader does not know: #{text}"
    end
  end

  def open_module(name)
    current.constants << name unless @nesting.empty? || name.start_with?("_")
    @nesting << name
    current
  end

  def current
    @modules[@nesting.join("::")]
  end

  def method(own, name, rest)
    current.methods["#{own ? "." : "#"}#{name}"] = keywords(rest)
  end

  def attribute(kind, name)
    current.methods["##{name}"] = []
    current.methods["##{name}="] = [] if kind == "accessor"
  end

  # Those of the first parentheses.
  def keywords(rest)
    level = 0
    arguments = rest.each_char.take_while { |char| (level += DEPTH.fetch(char, 0)).positive? }.join
    arguments.gsub(/\[[^\]]*\]|\{[^}]*\}/, "").scan(KEYWORD).flatten
  end
end
