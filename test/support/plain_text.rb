# frozen_string_literal: true

require "zlib"

# The lines of a file, whatever it is compressed with, by tools that are not ours. What is wrong
# with the compression is an error.
module PlainText
  class Broken < StandardError; end

  def self.each_line(path, &)
    case path
    when /\.gz\z/ then gzip(path, &)
    when /\.zst\z/ then zstd(path, &)
    else File.open(path, "rb") { |io| io.each_line("\n", &) }
    end
  end

  # As most programs read it: one member, and they stop at its end without a word.
  def self.gzip(path, &)
    File.open(path, "rb") do |file|
      reader = Zlib::GzipReader.new(file)
      reader.each_line("\n", &)
      rest = (reader.unused&.bytesize || 0) + file.size - file.pos
      raise Broken, "#{rest} bytes behind the first member of #{path}" if rest.positive?
    end
  rescue Zlib::Error => e
    raise Broken, "#{e.class} in #{path}: #{e.message}"
  end

  def self.zstd(path, &)
    IO.popen(["zstd", "-dcq", path], "rb") { |io| io.each_line("\n", &) }
    raise Broken, "zstd does not read #{path}" unless Process.last_status.success?
  end
  private_class_method :gzip, :zstd
end
