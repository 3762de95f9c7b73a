# frozen_string_literal: true

require_relative "terminal/text"

module HeapDump
  # What compresses dumps: libzstd and zlib, which an image may lack. A dump that is due at night is
  # written all the same then, and its name says how.
  module Compression # :nodoc:
    # Endings of names; for each the one that is taken where its library cannot be loaded.
    INSTEAD = { ".zst" => ".gz", ".gz" => "" }.freeze
    LIBRARIES = { ".zst" => "libzstd", ".gz" => "zlib" }.freeze
    private_constant :INSTEAD, :LIBRARIES

    # The ending of the best compression that this machine has: ".zst", ".gz" or "".
    def self.best
      ending_for(".zst")
    end

    # The name that a dump gets which is to be written to +path+ (String, or nil for what is no
    # file): +path+, unless its ending stands for a library that cannot be loaded. Then a warning
    # tells the other name. +compress+ is the option of that name: who gives it wants that and
    # nothing else. (HEAPDUMP_COMPRESS only chooses the ending: nobody is there to be told.)
    def self.name(path, compress = nil)
      ending = path && compress.nil? && INSTEAD.keys.find { |one| path.end_with?(one) }
      return path unless ending && File.basename(path).bytesize > ending.bytesize

      possible = ending_for(ending)
      return path if possible == ending

      "#{path.byteslice(0, path.bytesize - ending.bytesize)}#{possible}".tap do |name|
        warn "heapdump: #{LIBRARIES.fetch(ending)} cannot be loaded, so a dump is written to " \
             "#{Terminal::Text.safe(name)} instead of a #{ending} file; install it, or give " \
             "another name"
      end
    end

    # The names that a dump to +path+ may get, the wanted one first: each for one more library that
    # the process that writes it cannot load.
    def self.names(path)
      endings = endings_of(path)
      stem = path.delete_suffix(endings.first.to_s)
      stem += "heap" if stem.empty? || stem.end_with?("/") # the whole name is ".zst"
      [path, *endings.drop(1).map { |ending| "#{stem}#{ending}" }]
    end

    # The libraries (Array of String) that were missing where it got the one with this number.
    def self.missing(path, number)
      endings_of(path).take(number).map { |ending| LIBRARIES.fetch(ending) }
    end

    # The ending of a path, if that compresses, and those that are taken instead, in turn.
    def self.endings_of(path)
      endings = INSTEAD.keys.select { |one| path.end_with?(one) }
      endings << INSTEAD.fetch(endings.last) while INSTEAD.key?(endings.last)
      endings
    end
    private_class_method :endings_of

    def self.ending_for(ending)
      ending = INSTEAD.fetch(ending) until ending.empty? || available?(ending)
      ending
    end

    def self.available?(ending)
      HeapDump.send(:check_options, "heap#{ending}", {})
      true
    rescue WriteError
      false
    end
    private_class_method :ending_for, :available?
  end
end
