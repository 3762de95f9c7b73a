# frozen_string_literal: true

require "json"
require_relative "plain_text"
require_relative "strict_json"

# Whether a file is a whole dump, line by line, by itself: no part of it is read by our reader.
# With lines that were found good before, in this dump or another, there is less to do.
class WholeDump
  MANY = 20
  ADDRESS = /\A\{"address":"0x(\h+)"/n

  attr_reader :problems, :header, :footer, :roots, :errors

  def self.problems(path, **options)
    new(path, **options).tap(&:read).problems
  end

  # `known` remembers the good lines of objects, by their hash.
  def initialize(path, objspace: false, known: {})
    @path = path
    @objspace = objspace
    @known = known
    @problems = []
    @roots = []
    @errors = []
    @seen = {}
    @lines = @bytes = 0
  end

  # Yields each line of an object: its address, and the parsed line unless it is a known one.
  def read(&block)
    PlainText.each_line(@path) { |text| line(text, &block) }
    @objspace ? finish_objspace : finish
    self
  rescue PlainText::Broken => e
    problem(e.message)
    self
  end

  def objects
    @seen.size
  end

  def addresses
    @seen.keys
  end

  private

  def line(text, &)
    @lines += 1
    problem("no newline at its end", text) unless text.end_with?("\n")
    problem("line #{@lines} stands behind the footer", text) if @footer
    text.match?(ADDRESS) ? object(text, &) : other(text)
    @bytes += text.bytesize
  end

  def object(text)
    address = text[ADDRESS, 1].hex
    problem("second line of an object", text) if @seen.key?(address)
    problem("before the header", text) unless @header || @objspace
    @seen[address] = true
    parsed = parse_unknown(text)
    @errors << parsed if parsed&.key?("error")
    yield address, parsed if block_given?
  end

  # Nil for a line that was parsed before, or is none.
  def parse_unknown(text)
    key = text.hash
    return if @known.key?(key)

    parse(text).tap { |parsed| @known[key] = true if parsed && !parsed.key?("error") }
  end

  def other(text)
    parsed = parse(text) or return
    case parsed["type"]
    when "HEADER" then @lines == 1 && !@objspace ? @header = parsed : problem("a header", text)
    when "ROOT" then @roots << parsed
    when "FOOTER" then @objspace ? problem("a footer", text) : footer_is(parsed)
    else problem("no line of a dump", text)
    end
  end

  def footer_is(parsed)
    @footer = parsed
    @bytes_before_footer = @bytes
  end

  def parse(text)
    problem("a NUL byte", text) if text.include?("\0")
    StrictJSON.parse(text)
  rescue StrictJSON::Refused => e
    problem(e.message, text)
    nil
  end

  def finish
    return problem("no header") unless @header
    return problem("no footer") unless @footer

    expected = { "lines" => @lines, "objects" => objects, "roots" => @roots.size,
                 "bytes" => @bytes_before_footer, "complete" => true }
    expected.each do |name, value|
      problem("footer says #{name} #{@footer[name]}, not #{value}") if @footer[name] != value
    end
    problem("no ROOT line") if @roots.empty?
    return if @lines == objects + @roots.size + 2

    problem("#{@lines} lines, #{objects} objects, #{@roots.size} roots")
  end

  def finish_objspace
    problem("no ROOT line") if @roots.empty?
    problem("no objects") if objects.zero?
  end

  # A thousand say no more than the first ones.
  def problem(what, text = nil)
    return if @problems.size >= MANY

    @problems << (text ? "line #{@lines} (#{text[0, 120].inspect}): #{what[0, 300]}" : what)
  end
end
