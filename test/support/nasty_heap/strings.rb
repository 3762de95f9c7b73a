# frozen_string_literal: true

module NastyHeap
  # Strings and symbols of every encoding and state.
  class Strings < Family
    LITERAL = "a literal that is planted as an fstring"

    def build
      plain
      utf8
      other_encodings
      broken
      states
      symbols
    end

    private

    def string(key, content, **fields)
      plant(:"string_#{key}", content,
            type: "STRING", bytesize: content.bytesize, class_name: "String", **fields)
    end

    def shown(key, content, **fields)
      string(key, content, value: content, value_base64: absent, **fields)
    end

    def encoded(key, content, **fields)
      string(key, content, value: absent, value_base64: [content].pack("m0"), **fields)
    end

    def plain
      shown(:empty, text(""))
      shown(:short, text("hello"), encoding: "UTF-8", embedded: true, frozen: absent)
      shown(:long, text("long " * 200), embedded: absent, shared: absent)
      shown(:controls, text((0..0x1f).map { |i| i.chr("UTF-8") }.join), encoding: "UTF-8")
      shown(:json, text(%("\\/\b\f\n\r\t\u0000{}[]</script>)))
      shown(:nul, text("a\0b\0"))
      shown(:delete, text("\x7f"))
      shown(:like_reference, text("0xdeadbeef"))
      shown(:like_symbol, text(":open"))
      shown(:like_null, text("null"))
      shown(:escapes, text("\\u0041 \\x41 \\"))
    end

    def utf8
      shown(:umlauts, text("grüße"), encoding: "UTF-8")
      shown(:emoji, text("😀👩‍👩‍👧"))
      shown(:highest, text("\u{10FFFF}\u{FFFF}\u{D7FF}\u{E000}"))
      shown(:separators, text("\u2028\u2029\u0085\uFEFF"))
      shown(:four_byte_edges, text("\u{10000}\u{3FFFF}\u{40000}\u{80}\u{7FF}\u{800}"))
    end

    def other_encodings
      shown(:binary_ascii, text("abc").b, encoding: absent)
      encoded(:binary, text("\xFF\x00\x01").b, encoding: absent)
      encoded(:binary_utf8, text("grüße").b, encoding: absent)
      shown(:us_ascii, text("abc").force_encoding("US-ASCII"), encoding: "US-ASCII")
      encoded(:us_ascii_bad, text("\xE4").force_encoding("US-ASCII"), encoding: "US-ASCII")
      encoded(:latin1, text("grüße").encode("ISO-8859-1"), encoding: "ISO-8859-1")
      shown(:sjis_ascii, text("abc").force_encoding("Shift_JIS"), encoding: "Shift_JIS")
      encoded(:sjis, text("日本").encode("Shift_JIS"), encoding: "Shift_JIS")
      encoded(:euc, text("日本").encode("EUC-JP"), encoding: "EUC-JP")
      encoded(:utf16, text("abc").encode("UTF-16LE"), encoding: "UTF-16LE")
      encoded(:utf32, text("abc").encode("UTF-32BE"), encoding: "UTF-32BE")
    end

    # Byte sequences that a careless validator lets through.
    def broken
      {
        invalid: "ab\xFFcd", lone_continuation: "\x80", truncated: "\xE3\x81",
        truncated4: "\xF0\x9F\x98", overlong2: "\xC0\x80", overlong3: "\xE0\x80\x80",
        overlong4: "\xF0\x80\x80\x80", surrogate: "\xED\xA0\x80", too_high: "\xF4\x90\x80\x80",
        five_bytes: "\xF8\x88\x80\x80\x80", bad_last: "#{"a" * 100}\xE2\x82"
      }.each { |key, content| encoded(:"broken_#{key}", text(content), encoding: "UTF-8") }
    end

    def states
      shown(:frozen, text("frozen one").freeze, frozen: true)
      shown(:literal, LITERAL, frozen: true, fstring: true)
      shown(:deduplicated, -text("deduplicated at run time"), fstring: true)
      root = shown(:shared_root, text("shared " * 500).freeze)
      shown(:shared, root[70..], shared: true, shared_root: value(root), embedded: absent)
      named = text("with variables")
      named.instance_variable_set(:@note, root)
      shown(:with_ivars, named, ivars: { "@note" => value(root) })
      plant(:string_subclass, Class.new(String).new("sub"),
            type: "STRING", value: "sub", class_name: absent)
    end

    def symbols
      number = Process.pid
      dynamic(:plain, text("dynamic symbol #{number}"))
      dynamic(:utf8, text("dynamisch #{number} grüße"))
      dynamic(:quotes, text("\"quoted\"\n#{number}"))
      dynamic(:sjis, text("日本#{number}").encode("Shift_JIS"))
      statics = [:open, :"with space", :"quo\"te", :日本, :"0x12", :"new\nline", :[]=, :@ivar, :""]
      plant(:static_symbols, statics.map(&:itself), elements: values(*statics))
    end

    def dynamic(key, name)
      symbol = name.to_sym
      content = name.encoding == Encoding::UTF_8 ? name : [name].pack("m0")
      field = name.encoding == Encoding::UTF_8 ? :value : :value_base64
      plant(:"symbol_#{key}", symbol, type: "SYMBOL", field => content)
    end
  end
end
