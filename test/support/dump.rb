# frozen_string_literal: true

require "json"
require "zlib"
require_relative "long_form"
require_relative "text"
require_relative "schema"
require_relative "schema_check"
require_relative "references"
require_relative "strict_json"
require "yajl" unless StrictJSON::WITHOUT_YAJL

# A dump, read as strictly as can be: each line through Ruby's JSON and through yajl, both of
# which must say the same, each field checked against the documented format.
#
# Whoever is given each line (the laws are) is given all of them so. Where nobody is, the lines of a
# large dump that have only plain text are looked at so one in EACH; all in the long form.
#
# Lines are not kept but looked up in the file again, by where they begin: the tests' own process is
# dumped as well, and should not hold every heap that it has seen.
class Dump
  # A line that something is wrong with.
  Complaint = Struct.new(:number, :reason, :text) do
    def to_s
      "line #{number}: #{reason}: #{text[0, 300].inspect}"
    end
  end

  def self.load(path, **options)
    new(path, **options).tap(&:read)
  end

  # Without a look into the lines of objects.
  def self.skim(path)
    load(path, strict: false)
  end

  def self.open(path, &)
    case path.to_s
    when /\.gz\z/ then IO.popen(["gzip", "-dc", path.to_s], "rb", &)
    when /\.zst\z/ then IO.popen(["zstd", "-dcq", path.to_s], "rb", &)
    else File.open(path, "rb", &)
    end
  end

  EACH = LongForm.or_quick(1, 8)
  FIRST = 1000 # lines, all of which are looked at
  NOT_PLAIN = /[^ -~\n]|\\/n
  private_constant :EACH, :FIRST, :NOT_PLAIN

  OBJECT = /\A\{"address":"0x(\h+)"/n

  attr_reader :path, :header, :footer, :roots, :complaints, :object_lines, :bytes_before_footer

  def initialize(path, strict: true)
    @path = path
    @strict = strict
    @offsets = {}
    @roots = []
    @complaints = []
    @lines = @object_lines = @bytes = 0
  end

  # Yields each line that could be parsed.
  def read(&block)
    Dump.open(path) do |io|
      io.each_line("\n") do |text|
        line(text, &block) if block || !sound?(text)
        @bytes += text.bytesize
      end
    end
    @complaints
  end

  # The three ways in which a dump says that it is whole.
  def complete?
    !footer.nil? && footer["complete"] == true && footer["objects"] == object_lines &&
      footer["bytes"] == bytes_before_footer
  end

  def [](address)
    offset = address && @offsets[address.hex] or return
    compressed? ? find_text(address) : parse_quickly(File.binread(path, size_at(offset), offset))
  end

  def key?(address)
    @offsets.key?(address.hex)
  end

  def size
    @offsets.size
  end

  def addresses
    @offsets.keys.map { |number| format("0x%x", number) }
  end

  # The lines of all objects, or of those in whose text all the words stand.
  def each_object(*words)
    return enum_for(:each_object, *words) unless block_given?

    words = words.map(&:b)
    Dump.open(path) do |io|
      io.each_line("\n") do |text|
        next unless OBJECT.match?(text) && words.all? { |word| text.include?(word) }

        yield parse_quickly(text)
      end
    end
  end

  # All lines of a type (and of a struct or imemo_type).
  def select(type = nil, **fields)
    fields = fields.transform_keys(&:to_s)
    fields["type"] = type if type
    words = fields.map { |name, value| "#{JSON.generate(name)}:#{JSON.generate(value)}" }
    each_object(*words).select { |object| object.slice(*fields.keys) == fields }
  end

  # The class or module of that name.
  def mod(name)
    found = select(nil, name: name).select { |o| %w[CLASS MODULE].include?(o["type"]) }
    return found.first if found.size == 1

    raise KeyError, "#{found.size} classes or modules are named #{name}"
  end

  def instances_of(class_name)
    select(nil, class_name: class_name)
  end

  def references_of(line)
    References.of(line)
  end

  def root_references(category)
    roots.select { |root| root["root"] == category }.flat_map { |root| References.of(root) }
  end

  # What is referred to and has no line.
  def dangling
    targets = {}
    each_object { |line| References.of(line).each { |target| targets[target.hex] ||= line } }
    roots.each { |root| References.of(root).each { |target| targets[target.hex] ||= root } }
    (targets.keys - @offsets.keys).map { |number| format("0x%x in %p", number, targets[number]) }
  end

  def inspect
    "#<#{self.class} #{path}>"
  end

  private

  def compressed?
    path.to_s.match?(/\.(gz|zst)\z/)
  end

  # Where the next line begins, or the footer.
  def size_at(offset)
    @starts ||= @offsets.values.push(@bytes).sort
    @starts.bsearch { |start| start > offset } - offset
  end

  def find_text(address)
    each_object("{\"address\":\"#{address}\"").first
  end

  def parse_quickly(text)
    JSON.parse(text.lines.first.force_encoding(Encoding::UTF_8))
  end

  # Counts the line of an object as it should be, where nobody looks into it.
  def sound?(text)
    digits = text[OBJECT, 1]
    return false unless digits && @header && !@footer && text.end_with?("\n")
    return false if @strict && looked_at?(text)
    return false if @offsets.key?(number = digits.hex)

    @lines += 1
    @object_lines += 1
    @offsets[number] = @bytes
  end

  def looked_at?(text)
    @lines < FIRST || (@lines % EACH).zero? || NOT_PLAIN.match?(text)
  end

  def line(text)
    @lines += 1
    complain("no newline at its end", text) unless text.end_with?("\n")
    parsed = parse(text) or return
    @bytes_before_footer = @bytes if parsed["type"] == "FOOTER"
    sort(parsed, text)
    yield parsed, text if block_given?
  end

  def parse(text)
    return skim(text) unless @strict

    parsed = StrictJSON.parse(text)
    complain("the two parsers differ", text) unless StrictJSON.agrees?(parsed, text)
    SchemaCheck.problems(parsed).each { |problem| complain(problem, text) }
    parsed
  rescue StrictJSON::Refused => e
    complain(e.message, text)
    nil
  end

  def skim(text)
    address = OBJECT.match(text)
    address ? { "address" => "0x#{address[1]}" } : parse_quickly(text)
  rescue JSON::ParserError => e
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
    complain("no HEADER before it", text) unless @header
    return unless parsed.key?("address")

    @object_lines += 1
    complain("the address does not come first", text) unless OBJECT.match?(text)
    number = parsed["address"].hex
    complain("second line of #{parsed["address"]}", text) if @offsets.key?(number)
    @offsets[number] = @bytes
  end

  def complain(reason, text)
    @complaints << Complaint.new(@lines, reason, text[0, 2000])
  end
end
