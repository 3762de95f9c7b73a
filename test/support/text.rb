# frozen_string_literal: true

# How a dump writes names whose bytes are no valid UTF-8.
module Text
  # The bytes as a dump writes them: each bad byte spelled out as \xNN.
  def self.name(bytes)
    bytes.b.force_encoding(Encoding::UTF_8).scrub do |bad|
      bad.bytes.map { |byte| format("\\x%02X", byte) }.join
    end
  end

  # The other way round, for names that hold no backslash of their own.
  def self.bytes(name)
    name.b.gsub(/\\x(\h\h)/) { Regexp.last_match(1).hex.chr }
  end

  # \xNN in one case, so that two spellings of one byte compare equal.
  def self.normalize(text)
    text.gsub(/\\x\h\h/) { |escape| "\\x#{escape[2..].upcase}" }
  end
end
