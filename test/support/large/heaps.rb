# frozen_string_literal: true

require "digest/sha2"

# Heaps in which one count is large, and that one alone.
module Large
  # One of them: what is many there, how many for the suite and how many at most.
  Heap = Struct.new(:name, :quick, :full, :build) do
    # The file that it is in.
    def family
      File.basename(build.source_location.first, ".rb")
    end
  end

  class << self
    def heaps
      @heaps ||= {}
    end

    # The block builds the heap and calls its second argument while that heap is there.
    def heap(name, quick:, full:, &build)
      heaps[name] = Heap.new(name, quick, full, build)
    end

    # What the lines of certain objects must have: a list or a map of that size (or a text, where it
    # says so), or exactly that.
    def plant(object, **fields)
      plants[object] = fields.transform_keys(&:to_s)
      object
    end

    def plants
      @plants ||= {}.compare_by_identity
    end

    # As data, with addresses as they are now.
    def manifest
      plants.to_h { |object, fields| [Oracle.hex(object), fields] }
    end

    def size(count)
      { "size" => count }
    end

    # A long text: too much for a block, and for a message of a failed test.
    def text(text)
      { "bytes" => text.bytesize, "sha256" => Digest::SHA256.hexdigest(text) }
    end
  end
end

%w[roots containers modules names execution].each { |family| require_relative "heaps/#{family}" }
