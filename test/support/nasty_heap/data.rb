# frozen_string_literal: true

require "objspace"
require "stringio"
require "tempfile"
require "strscan"

module NastyHeap
  # What is implemented in C: files, enumerators, regexps, weak tables and the rest.
  class Data < Family
    def build
      @held = text("held by data")
      regexps
      matches
      files
      enumerators
      weak_tables
      globals
      others
    end

    private

    def regexps
      plant(:regexp_literal, /foo.*\n"bar"/mi, type: "REGEXP", value: "foo.*\\n\"bar\"",
                                               options: 5, source: any, class_name: "Regexp")
      dynamic = Regexp.new("dynamic#{Process.pid}grüße")
      plant(:regexp_dynamic, dynamic, type: "REGEXP", value: dynamic.source)
      binary = Regexp.new("\xFF\x01".b, Regexp::FIXEDENCODING | Regexp::NOENCODING)
      plant(:regexp_binary, binary, type: "REGEXP", value_base64: ["\xFF\x01"].pack("m0"))
      japanese = Regexp.new("日本".encode("EUC-JP"))
      plant(:regexp_euc, japanese, type: "REGEXP", encoding: "EUC-JP",
                                   value_base64: [japanese.source].pack("m0"))
      plant(:regexp_untouched, Regexp.allocate, type: "REGEXP", value: absent)
    end

    def matches
      pattern = /(?<first>p\w+) (t\w+)?/
      matched = pattern.match(text("a planted thing"))
      plant(:match, matched, type: "MATCH", string: value(matched.string),
                             regexp: value(pattern), class_name: "MatchData")
      plant(:match_by_string, text("find a dot.").match("dot."), type: "MATCH")
    end

    def files
      opened = File.open(__FILE__)
      plant(:file, opened, type: "FILE", fd: opened.fileno, path: __FILE__, class_name: "File")
      closed = File.open(__FILE__).tap(&:close)
      plant(:file_closed, closed, type: "FILE", fd: absent)
      reader, writer = IO.pipe
      plant(:pipe_reader, reader, type: "FILE", fd: reader.fileno, class_name: "IO")
      plant(:pipe_writer, writer, type: "FILE", fd: writer.fileno)
      directory = Dir.mktmpdir
      name = File.join(directory, "na\"sty\n\xFF😀.txt")
      File.write(name, "x")
      plant(:file_nasty, File.open(name), type: "FILE", path: Text.name(name))
      FileUtils.rm_rf(directory)
      plant(:file_untouched, File.allocate, type: "FILE", fd: absent)
      plant(:directory, Dir.new("/"), type: "DATA", struct: "dir")
      plant(:stringio, StringIO.new(@held.dup), type: "DATA")
    end

    def enumerators
      list = [1, 2, @held]
      plant(:enumerator, list.each_slice(2), type: "DATA", struct: "enumerator",
                                             receiver: value(list), method: "each_slice",
                                             args: any)
      plant(:enumerator_plain, list.each, receiver: value(list), method: "each", args: absent)
      plant(:enumerator_lazy, list.lazy.map { |x| x }.select(&:itself), type: "DATA")
      plant(:enumerator_chain, list.each + [4].each, type: "DATA")
      plant(:enumerator_block, Enumerator.new { |yielder| yielder << @held }, type: "DATA")
      plant(:enumerator_sequence, 1.step(10, 3), type: any)
      return unless defined?(Enumerator::Product)

      plant(:enumerator_product, Enumerator::Product.new(list, [1]), type: "DATA")
    end

    def weak_tables
      key = text("weak key")
      map = ObjectSpace::WeakMap.new
      map[key] = @held
      plant(:weakmap, map, type: "DATA", struct: "weakmap",
                           weak: [[value(key), value(@held)]])
      plant(:weakmap_dead, dead_map, type: "DATA", struct: "weakmap")
      NastyHeap.plant(:weak_key, key, {})
      return unless defined?(ObjectSpace::WeakKeyMap)

      keys = ObjectSpace::WeakKeyMap.new
      keys[key] = @held
      plant(:weakkeymap, keys, type: "DATA", struct: "weakkeymap",
                               weak: [value(key)], values: [value(@held)])
    end

    def dead_map
      map = ObjectSpace::WeakMap.new
      50.times { |i| map[Object.new] = i.to_s }
      GC.start
      map
    end

    def globals
      $nasty_global = @held
      $nasty_number = 42
      $nasty_symbol = :planted
      plant(:global, @held)
    end

    def others
      plant(:time, Time.now, type: "DATA", struct: "time", class_name: "Time")
      plant(:random, Random.new(42), type: "DATA")
      plant(:encoding, Encoding::UTF_8, type: "DATA", struct: "encoding")
      plant(:converter, Encoding::Converter.new("UTF-8", "UTF-16LE"), type: "DATA")
      plant(:tracepoint, TracePoint.new(:call) { |point| point }, type: "DATA")
      plant(:status, `true`.then { $? }, class_name: "Process::Status")
      plant(:range, 1..@held.size, class_name: "Range")
      plant(:range_objects, text("a")..@held, class_name: "Range")
      plant(:scanner, StringScanner.new(@held), type: "DATA", class_name: "StringScanner")
      plant(:iseq, RubyVM::InstructionSequence.compile("a = 1; -> { a }"), type: "DATA")
      plant(:backtrace, caller_locations(0), type: "ARRAY")
      plant(:environment, ENV, type: any)
      plant(:arguments, ARGF, type: any)
    end
  end
end
