# frozen_string_literal: true

module HeapDump
  # The figures of a finished dump. It is frozen, and can be used as a path:
  #
  #   result = HeapDump.dump("heap.json")
  #   File.size(result) == result.bytes # => true
  #   result.path       # => "/srv/app/heap.json"
  #   result.objects    # => 1142259
  #   result.seconds    # => 1.74
  #   result.pause      # => 0.041
  #   result.gc_seconds # => 0.318
  #   result.processes  # => 2
  class Result
    # The path of the file (String), nil if the dump went to an IO. It is absolute, so that it stays
    # right after a Dir.chdir.
    attr_reader :path
    # Number of objects written.
    attr_reader :objects
    # Bytes written, after compression.
    attr_reader :bytes
    # Seconds from the beginning of the walk to its end.
    attr_reader :seconds
    # Seconds during which no Ruby thread of this process could run, without the time of the GC
    # before.
    attr_reader :pause
    # Seconds that the GC before the dump took; 0.0 if there was none.
    attr_reader :gc_seconds
    # Number of processes that wrote the dump.
    attr_reader :processes

    # HeapDump.dump makes results; a test may make its own. The arguments are the attributes, in the
    # same units.
    #
    #   HeapDump::Result.new(path: "heap.json", objects: 3, bytes: 711, seconds: 0.1, pause: 0.0)
    def initialize(path:, objects:, bytes:, seconds:, pause:, gc_seconds: 0.0, processes: 1)
      @path = path
      @objects = objects
      @bytes = bytes
      @seconds = seconds
      @pause = pause
      @gc_seconds = gc_seconds
      @processes = processes
      freeze
    end

    # The path (String), so that File.open, FileUtils and others accept a Result. Raises TypeError
    # if the dump went to an IO.
    #
    #   FileUtils.mv(result, "/srv/dumps")
    def to_path
      path or raise TypeError, "this heap dump went to an IO and has no path"
    end

    # The path, or "(heap dump in an IO)" if there is none (String).
    #
    #   "written to #{result}" # => "written to /srv/app/heap.json"
    def to_s
      path || "(heap dump in an IO)"
    end

    # Path, objects, bytes and seconds in one line (String).
    #
    #   result.inspect # => "#<HeapDump::Result heap.json: 3 objects, 711 B in 0.100 s>"
    def inspect
      "#<#{self.class} #{self}: #{figures} in #{format("%.3f s", seconds)}>"
    end

    # How many objects and bytes were written, in words.
    def figures # :nodoc:
      "#{Terminal::Units.plural(objects, "object")}, #{Terminal::Units.bytes(bytes)}"
    end
  end
end
