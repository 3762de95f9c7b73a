# frozen_string_literal: true

require "json"
require "zlib"

# A dump that is made by hand, in more than one piece for the reader, and what can happen to it: by
# name the text, the checks that fail (ext/heapgraph/records/whole.h), and the sentences that say
# so.
class Damages
  One = Struct.new(:text, :failed, :sentences)

  OBJECTS = 9_000
  ROOTS = 3
  NUMBER = "9,000"
  CUT = %i[ended footer_last].freeze

  attr_reader :header, :roots, :objects, :footer

  def initialize(objects: OBJECTS)
    @header = line(type: "HEADER", format: 1, heapdump: "0", ruby: "3.3.0", pid: 7, program: "app")
    @roots = Array.new(ROOTS) { |i| line(type: "ROOT", root: "vm", references: [address(i)]) }
    @objects = Array.new(objects) { |i| i.zero? ? thing : object(i) }
    @footer = footer_of({})
  end

  def whole
    [header, *roots, *objects, footer].join
  end

  # Reads as `whole`, with something else in the footer.
  def promising(**promises)
    [header, *roots, *objects, footer_of(promises)].join
  end

  def thing
    line(address: address(0), type: "CLASS", name: "Thing", constants: { FIRST: address(1) },
         memsize: 40)
  end

  # Every object refers to the one behind it, the last one to the first; all have one class.
  def object(number, **more)
    line(address: address(number), type: "OBJECT", class: address(0), class_name: "Thing",
         ivars: { "@next": address((number + 1) % OBJECTS), "@padding": ":#{"p" * 150}" }, **more,
         memsize: 40)
  end

  def middle
    objects.size / 2
  end

  # The text without what stands in `range` of the objects.
  def without(range, footer: self.footer)
    left = objects.dup
    left[range] = []
    [header, *roots, *left, footer].join
  end

  def replaced(number, text)
    changed = objects.dup
    changed[number] = text
    [header, *roots, *changed, footer].join
  end

  # NUL bytes instead of what stood there, as where a process died before it had written its part.
  def with_hole(from, size)
    whole.tap { |text| text[from, size] = "\0" * size }
  end

  # As pigz and our dumper write it: one member of deflate blocks that are joined by flushes.
  def self.gzip(text)
    packed = Zlib::Deflate.new(1, 31)
    parts = pieces(text).map { |part| packed.deflate(part, Zlib::FULL_FLUSH) }
    [*parts, packed.finish].join
  end

  # A chain of frames.
  def self.zstd(text)
    pieces(text, 900_000).map { |part| through_zstd(part) }.join
  end

  # Lines go over their ends.
  def self.pieces(text, size = 300_000)
    (0...text.bytesize).step(size).map { |at| text.byteslice(at, size) }
  end

  def self.through_zstd(text)
    IO.popen(%w[zstd -1qc], "r+b") do |io|
      writer = Thread.new do
        io.write(text)
        io.close_write
      end
      io.read.tap { writer.join }
    end
  end

  # Everything by name.
  def all
    [cuts, ends, text, lines, counts].reduce(:merge)
  end

  private

  def line(**fields)
    "#{JSON.generate(fields)}\n"
  end

  def address(number)
    format("0x%x", 0x10_0000 + (number * 40))
  end

  def footer_of(promises)
    bytes = [header, *roots, *objects].sum(&:bytesize)
    line(type: "FOOTER", objects: objects.size, lines: objects.size + ROOTS + 2, roots: ROOTS,
         bytes: bytes, gc_runs: 0, complete: true, **promises)
  end

  def one(text, failed, *sentences)
    One.new(text.b, failed.sort, sentences)
  end

  def cuts
    head = header.bytesize
    rooted = head + roots.sum(&:bytesize)
    half = rooted + objects.first(middle).sum(&:bytesize)
    size = whole.bytesize
    short = ->(number) { /\Athe dump was cut short after #{number} objects?; sizes/ }
    { "cut in front of the end of the header" =>
        cut(head - 1, %i[ended footer_last roots], short["0"]),
      "the header alone" => cut(head, %i[footer_last roots], short["0"]),
      "cut in a root" =>
        cut(head + 5, %i[ended footer_last roots valid_lines], short["0"],
            /\A1 bad line skipped, the first is line 2 \(byte \d+\)\z/),
      "cut behind the roots" =>
        cut(rooted, %i[footer_last known_references], short["0"], /3 objects referred to without/),
      "cut in a line" =>
        cut(half + 70, [*CUT, :known_references, :valid_lines], short["4,500"],
            /1 bad line skipped, the first is line 4,505/, /1 object referred to without/),
      "cut between lines" =>
        cut(half, %i[footer_last known_references], short["4,500"], /1 object referred to without/),
      "cut behind the objects" => cut(size - footer.bytesize, %i[footer_last], short[NUMBER]),
      "cut in the footer" =>
        cut(size - 10, [*CUT, :valid_lines], short[NUMBER],
            /1 bad line skipped, the first is line 9,005/),
      "the last byte is missing" =>
        cut(size - 1, %i[ended], /\Athe last line has no end: the last byte .* missing\z/) }
  end

  def cut(size, failed, *sentences)
    one(whole.byteslice(0, size), failed, *sentences)
  end

  def ends
    two = whole * 2
    second = whole.bytesize
    begins = "second begins at line 9,006 \\(byte #{HeapDump::Terminal::Units.count(second)}\\)"
    broken = %i[one_dump one_footer promised_objects promised_roots promised_lines promised_bytes
                distinct_objects]
    { "no header" =>
        one(whole.delete_prefix(header), %i[header_first promised_lines promised_bytes],
            /\Athe HEADER is missing: the beginning of the dump is lost\z/,
            /\A1 line of 9,005 missing: lines of the dump are lost\z/),
      "the header comes later" =>
        one([*roots, header, *objects, footer].join, %i[header_first],
            /\A3 lines before the HEADER: it is not the first line of the dump\z/),
      "two headers" =>
        one(header + whole, %i[one_dump promised_lines promised_bytes],
            /\Athere are two dumps in it, the second begins at line 2 \(byte \d+\)/),
      "two dumps" =>
        one(two, broken,
            /\Athere are two dumps in it, the #{begins}: .*`head -c #{second}`.* \+#{second + 1}`/),
      "a dump behind half of one" =>
        one(without(middle..).delete_suffix(footer) + whole, broken - [:one_footer],
            /\Athere are two dumps in it, the second begins at line 4,505 /),
      "half a dump behind one" =>
        one(whole + without(middle..).delete_suffix(footer),
            broken - %i[one_footer promised_bytes] + %i[footer_last],
            /\Athere are two dumps in it/),
      "no footer" => one(whole.delete_suffix(footer), %i[footer_last], /cut short after 9,000 obj/),
      "two footers" =>
        one(whole + footer, %i[one_footer promised_lines promised_bytes],
            /\Athere are 2 FOOTERs: the dump has been put together of several\z/),
      "the footer in the middle" =>
        one([header, *roots, *objects.first(middle), footer, *objects.drop(middle)].join,
            %i[footer_last promised_bytes],
            /\A4,500 lines behind the FOOTER: the dump ends before them\z/,
            /\Athe FOOTER promises [\d,]+ bytes before it, and there are [\d,]+: the dump has/),
      "something behind the footer" =>
        one("#{whole}x\n", %i[footer_last promised_lines valid_lines],
            /\A1 line behind the FOOTER/, /\Athe FOOTER promises 9,005 lines, and there are 9,006/,
            /1 bad line skipped, the first is line 9,006/),
      "not complete" =>
        one(promising(complete: nil), %i[complete],
            /\Athe FOOTER does not say that the dump is complete\z/),
      "the GC ran" =>
        one(promising(gc_runs: 3), %i[gc_idle],
            /\Athe GC ran while the dump was written: objects/) }
  end

  def text
    at = whole.bytesize / 2
    crlf = whole.gsub("\n", "\r\n")
    { "a byte order mark" =>
        one("\xEF\xBB\xBF#{whole}", %i[no_byte_order_mark promised_bytes],
            /\Ait begins with a byte order mark/),
      "line ends of Windows" =>
        one(crlf, %i[line_ends promised_bytes], /\ACR LF at the end of 9,005 lines: .*as text/),
      "a hole" =>
        one(with_hole(at, 700_000),
            %i[known_references no_holes promised_lines promised_objects valid_lines],
            /\A[\d,]+ objects of 9,000 missing: lines of the dump are lost\z/,
            /\A700,000 NUL bytes in it, the first at line [\d,]+ \(byte #{with_commas(at)}\)/,
            /\A1 object referred to without a line/),
      "a small hole" =>
        one(with_hole(at, 1), %i[known_references no_holes promised_objects valid_lines],
            /\A1 object of 9,000 missing/, /\A1 NUL byte in it, the first at line/,
            /\A1 object referred/),
      "its head is a hole" =>
        one(with_hole(0, 300_000),
            %i[header_first known_references no_holes promised_lines promised_objects promised_roots
               roots valid_lines],
            /\Athe HEADER is missing/, /\Athere are no ROOT lines: they are lost/,
            /objects of 9,000 missing/, /\A3 ROOT lines of 3 missing/, /\A300,000 NUL bytes/,
            /objects? referred to without/),
      "NUL bytes behind the end" =>
        one("#{whole}#{"\0" * 4096}", %i[ended footer_last no_holes promised_lines valid_lines],
            /\A1 line behind the FOOTER/, /\Athe FOOTER promises 9,005 lines, and there are 9,006/,
            /\A4,096 NUL bytes/) }
  end

  def lines
    { "a line lost" =>
        one(without(middle, footer: footer),
            %i[known_references promised_bytes promised_lines promised_objects],
            /\A1 object of 9,000 missing: lines of the dump are lost\z/,
            /\A1 object referred to without/),
      "no roots" =>
        one([header, *objects, footer].join, %i[promised_bytes promised_lines promised_roots roots],
            /\Athere are no ROOT lines/, /\A3 ROOT lines of 3 missing: .* are lost\z/),
      "a root lost" =>
        one([header, *roots.drop(1), *objects, footer].join,
            %i[promised_bytes promised_lines promised_roots], /\A1 ROOT line of 3 missing/),
      "a line twice" =>
        one(replaced(middle, objects[middle] * 2),
            %i[distinct_objects promised_bytes promised_lines promised_objects],
            /\Athe FOOTER promises 9,000 objects, and there are 9,001: the dump has been changed\z/,
            /\A1 line of objects that have one already; the first one counts\z/),
      "a line instead of another one" =>
        one(replaced(middle, objects[middle + 1]), %i[distinct_objects known_references],
            /\A1 line of objects that have one already/, /\A1 object referred to/),
      "a bad line" =>
        one(replaced(middle, "#{"x" * (objects[middle].bytesize - 1)}\n"),
            %i[known_references promised_objects valid_lines], /\A1 object of 9,000 missing/,
            /\A1 bad line skipped, the first is line 4,505 /, /\A1 object referred to/),
      "a changed value" =>
        one(replaced(middle, objects[middle].sub("ppp", "pp")), %i[promised_bytes],
            /\Athe FOOTER promises [\d,]+ bytes before it, and there are [\d,]+: .* changed\z/),
      "an unknown type" =>
        one(replaced(middle, objects[middle].sub("OBJECT", "NOVICE")), %i[known_types],
            /\A1 object of types that this version does not know\z/) }
  end

  def counts
    { "one object more promised" =>
        one(promising(objects: OBJECTS + 1), %i[promised_objects], /\A1 object of 9,001 missing/),
      "one object less promised" =>
        one(promising(objects: OBJECTS - 1), %i[promised_objects], /promises 8,999 objects, and/),
      "one line more promised" =>
        one(promising(lines: OBJECTS + 6), %i[promised_lines], /\A1 line of 9,006 missing/),
      "one line less promised" =>
        one(promising(lines: OBJECTS + 4), %i[promised_lines], /promises 9,004 lines, and there/),
      "one root more promised" =>
        one(promising(roots: 4), %i[promised_roots], /\A1 ROOT line of 4 missing/),
      "one root less promised" =>
        one(promising(roots: 2), %i[promised_roots], /promises 2 ROOT lines, and there are 3/),
      "no number promised" =>
        one(promising(objects: "many"), %i[promised_objects], /does not say how many objects/) }
  end

  def with_commas(number)
    HeapDump::Terminal::Units.count(number)
  end
end
