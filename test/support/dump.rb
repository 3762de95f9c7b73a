# frozen_string_literal: true

require "json"
require "yajl"
require "zlib"
require_relative "text"
require_relative "schema"
require_relative "schema_check"
require_relative "references"
require_relative "strict_json"

# A dump, read as strictly as can be: each line through Ruby's JSON and through yajl, both of
# which must say the same, each field checked against the documented format.
class Dump
  # A line that something is wrong with.
  Complaint = Struct.new(:number, :reason, :text) do
    def to_s
      "line #{number}: #{reason}: #{text[0, 300].inspect}"
    end
  end

  # Yields each line that could be parsed; returns the complaints.
  def self.each(path, schema: true, yajl: true, &block)
    new(path, schema: schema, yajl: yajl, keep: false).read(&block)
  end

  def self.load(path, **options)
    new(path, **options).tap(&:read)
  end

  def self.open(path, &)
    case path
    when /\.gz\z/ then IO.popen(["gzip", "-dc", path], "rb", &)
    when /\.zst\z/ then IO.popen(["zstd", "-dcq", path], "rb", &)
    else File.open(path, "rb", &)
    end
  end

  attr_reader :path, :header, :footer, :objects, :roots, :complaints, :lines, :object_lines,
              :bytes_before_footer

  def initialize(path, schema: true, yajl: true, keep: true)
    @path = path
    @schema = schema
    @yajl = yajl
    @keep = keep
    @objects = {}
    @roots = []
    @complaints = []
    @lines = @object_lines = @bytes = 0
  end

  def read(&block)
    Dump.open(path) do |io|
      io.each_line("\n") { |text| line(text, &block) }
    end
    @complaints
  end

  # The three ways in which a dump says that it is whole.
  def complete?
    footer&.fetch("complete", false) == true && footer["objects"] == object_lines &&
      footer["bytes"] == bytes_before_footer
  end

  def [](address)
    objects[address]
  end

  # All lines of a type (and of a struct or imemo_type).
  def select(type = nil, **fields)
    objects.values.select do |object|
      (type.nil? || object["type"] == type) &&
        fields.all? { |name, value| object[name.to_s] == value }
    end
  end

  def find(type = nil, **fields)
    found = select(type, **fields)
    return found.first if found.size == 1

    raise KeyError, "#{found.size} lines are #{type} #{fields}: #{found.first(3)}"
  end

  # The class or module of that name.
  def mod(name)
    found = objects.values.select { |o| %w[CLASS MODULE].include?(o["type"]) && o["name"] == name }
    return found.first if found.size == 1

    raise KeyError, "#{found.size} classes or modules are named #{name}"
  end

  def instances_of(class_name)
    objects.values.select { |object| object["class_name"] == class_name }
  end

  def references_of(line)
    References.of(line)
  end

  def root_references(category)
    roots.select { |root| root["root"] == category }.flat_map { |root| References.of(root) }
  end

  private

  def line(text)
    @lines += 1
    complain("no newline at its end", text) unless text.end_with?("\n")
    parsed = parse(text) or return
    @bytes_before_footer = @bytes if parsed["type"] == "FOOTER"
    @bytes += text.bytesize
    sort(parsed, text)
    yield parsed, text if block_given?
  end

  def parse(text)
    parsed = StrictJSON.parse(text)
    complain("the two parsers differ", text) if @yajl && !StrictJSON.agrees?(parsed, text)
    SchemaCheck.problems(parsed).each { |problem| complain(problem, text) } if @schema
    parsed
  rescue StrictJSON::Refused => e
    @bytes += text.bytesize
    complain(e.message, text)
    nil
  end

  def sort(parsed, text)
    case parsed["type"]
    when "HEADER"
      complain("HEADER is not the first line", text) unless @lines == 1
      @header = parsed
    when "FOOTER" then @footer = parsed
    when "ROOT" then @roots << parsed
    else object(parsed, text)
    end
    complain("there is a line after the FOOTER", text) if @footer && !@footer.equal?(parsed)
  end

  def object(parsed, text)
    @object_lines += 1 if parsed.key?("address")
    complain("no HEADER before it", text) unless @header
    return unless @keep

    address = parsed["address"]
    complain("second line of #{address}", text) if @objects.key?(address)
    @objects[address] = parsed
  end

  def complain(reason, text)
    @complaints << Complaint.new(@lines, reason, text)
  end
end
