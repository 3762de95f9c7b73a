# frozen_string_literal: true

# A document in Markdown: the commands and examples in it.
class Document
  # A block of code: its language (nil where it is indented), its lines, and where it begins.
  Block = Struct.new(:language, :lines, :number) do
    def text
      "#{lines.join("\n")}\n"
    end
  end

  # A command line, what stands below it, and where. +output+ is empty where none is shown.
  Command = Struct.new(:line, :output, :number)

  PROMPT = "$ "

  attr_reader :path

  def initialize(path)
    @path = path
    @lines = File.readlines(path, chomp: true)
  end

  def blocks
    @blocks ||= fenced + indented
  end

  # Ruby and the like: those of a language.
  def blocks_in(language)
    blocks.select { |block| block.language == language }
  end

  # In the order of the document: those with a prompt, lines of blocks without one that begin with
  # one of these words, and those in the text that begin with "heapdump".
  def commands(words)
    found = blocks.flat_map do |block|
      next [] unless [nil, "", "console"].include?(block.language)

      prompted?(block) ? with_prompt(block) : without(block, words)
    end
    (found + in_text).sort_by(&:number)
  end

  private

  def fenced
    found = []
    block = nil
    @lines.each.with_index(1) do |line, number|
      if (fence = line[/\A```(.*)/, 1])
        block ? found << block : nil
        block = block ? nil : Block.new(fence, [], number + 1)
      elsif block
        block.lines << line
      end
    end
    found
  end

  def outside_of_fences
    inside = false
    @lines.each.with_index(1).reject do |line, _|
      fence = line.start_with?("```")
      inside = !inside if fence
      inside || fence
    end
  end

  # Four spaces behind an empty line, and all lines like it that follow.
  def indented
    outside_of_fences.slice_when { |(a, _), (b, _)| indented?(a) != indented?(b) }
                     .select { |lines| lines.any? { |line, _| line.start_with?("    ") } }
                     .map do |lines|
      lines = lines.drop_while { |line, _| line.empty? }
      Block.new(nil, lines.map { |line, _| line[4..].to_s }, lines.first.last)
    end
  end

  def indented?(line)
    line.start_with?("    ") || line.empty?
  end

  def prompted?(block)
    block.lines.any? { |line| line.start_with?(PROMPT) }
  end

  # A line that ends with a pipe goes on.
  def with_prompt(block)
    found = []
    block.lines.each.with_index(block.number) do |line, number|
      if line.start_with?(PROMPT) then found << Command.new(line.delete_prefix(PROMPT), [], number)
      elsif found.any? && found.last.line.end_with?("|") then found.last.line << "\n" << line
      elsif found.any?
        found.last.output << line
      end
    end
    found
  end

  def without(block, words)
    block.lines.each.with_index(block.number).filter_map do |line, number|
      Command.new(line, [], number) if words.include?(line[/\A\S+/])
    end
  end

  def in_text
    outside_of_fences.reject { |line, _| line.start_with?("    ") }.flat_map do |line, number|
      line.scan(/`(heapdump [^`]+)`/).map { |(text)| Command.new(text, [], number) }
    end
  end
end
