# frozen_string_literal: true

module HeapDump
  # What the files in a directory of dumps are called, for all who read, ship or remove them.
  module DumpFiles # :nodoc:
    # The directory of a series: the dumps of one life of a process that a watch has made.
    SERIES = /\Aseries-[\w.-]+\z/
    INDEX = ".hdidx"
    EXTRACT = ".hdextract"
    MANIFEST = ".manifest.json"
    UNFINISHED = ".unfinished"
    FAILED = ".failed"
    SHIPPED = ".shipped"
    # The endings of what is beside a dump and goes with it, in this order: the mark that it is safe
    # elsewhere goes last.
    BESIDE = [INDEX, EXTRACT, MANIFEST, UNFINISHED, FAILED, SHIPPED].freeze
    NAME = /\.(?:json|dump|heap)(?:\.(?:gz|zst))?\z/ # of a dump
    PARTIAL = /\.partial-\d+\z/
    # Names of files that are no dumps: of one that is being written, and of what is beside a dump,
    # which has a number at its end until it is whole.
    OTHERS = /#{PARTIAL}|#{Regexp.union(BESIDE)}(?:\.\d+(?:-\h+)?)?\z/

    module_function

    # Names may have any bytes, of which a Regexp does not take all.

    # Whether a directory is that of a series, by its name.
    def series?(name)
      SERIES.match?(name.b)
    end

    # The paths of what is called so in a directory, sorted. Raises SystemCallError.
    def series_in(directory)
      names = Dir.children(directory).select { |name| series?(name) }
      names.sort.map { |name| File.join(directory, name) }
    end

    # Whether a file is a dump that is being written, by its name.
    def partial?(name)
      PARTIAL.match?(name.b)
    end

    # Whether a file is no dump, by its name.
    def other?(name)
      OTHERS.match?(name.b)
    end

    # Whether a file is a dump, by its name alone: for files that cannot be read.
    def dump_name?(path)
      NAME.match?(path.b) && !other?(path)
    end

    # Whether a file is an extract whose dump has gone.
    def lone_extract?(path)
      path.end_with?(EXTRACT) && !File.exist?(path.delete_suffix(EXTRACT))
    end
  end
end
