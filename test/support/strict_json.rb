# frozen_string_literal: true

require "json"

# Ruby's JSON made strict: valid UTF-8 only, no lone surrogates, no duplicate keys.
module StrictJSON
  class Refused < StandardError; end

  # Notices a key that is given twice; for versions of json that take the last one silently.
  class Once < Hash
    def []=(key, value)
      raise Refused, "duplicate key #{key}" if key?(key)

      super
    end
  end

  DUPLICATES_REFUSED = begin
    JSON.parse('{"a":1,"a":2}', allow_duplicate_key: false)
    false
  rescue JSON::ParserError
    true
  end
  OPTIONS = (DUPLICATES_REFUSED ? { allow_duplicate_key: false } : { object_class: Once }).freeze
  SURROGATE = /\\u[dD][89a-fA-F]/
  PAIR = /\\u[dD][89abAB]\h\h\\u[dD][c-fC-F]\h\h/

  def self.parse(text)
    text = text.dup.force_encoding(Encoding::UTF_8)
    raise Refused, "invalid UTF-8" unless text.valid_encoding?

    surrogates(text)
    parsed = JSON.parse(text, **OPTIONS)
    raise Refused, "no object" unless parsed.is_a?(Hash)

    parsed
  rescue JSON::ParserError => e
    raise Refused, "json: #{e.message[0, 200]}"
  end

  # yajl-ruby, the second opinion, cannot be compiled for 4.1 (it has no release for that). There
  # Ruby's own parser is the only one.
  WITHOUT_YAJL = RUBY_VERSION >= "4.1"

  # Whether yajl reads the same from the text. Who asks has required it, where it is: it is a gem,
  # which not every program that looks at dumps can load.
  def self.agrees?(parsed, text)
    return true if WITHOUT_YAJL

    other = Yajl::Parser.new(check_utf8: true).parse(text)
    parsed == other
  rescue Yajl::ParseError => e
    raise Refused, "yajl: #{e.message[0, 200]}"
  end

  def self.surrogates(text)
    return unless SURROGATE.match?(text)

    rest = text.gsub("\\\\", "").gsub(PAIR, "")
    raise Refused, "lone surrogate" if SURROGATE.match?(rest)
  end
  private_class_method :surrogates
end
