# frozen_string_literal: true

module HeapDump
  # The result of a dump, from the line that its coordinator writes (ext/heapdump/process/report.h).
  # +errno+ and +signal+ are 0 if the dump is whole.
  Report = Struct.new(:errno, :signal, :objects, :where, :bytes, :seconds, :processes,
                      keyword_init: true) do # :nodoc:
    # Parses the line. Returns nil if it is no report, as the empty line is.
    def self.of(line)
      word, *figures = line.chomp.split(" ", 5)
      case word
      when "done"
        objects, bytes, microseconds, processes = figures
        new(errno: 0, signal: 0, objects: objects.to_i, bytes: bytes.to_i,
            seconds: microseconds.to_i / 1e6, processes: processes.to_i)
      when "failed"
        errno, signal, objects, where = figures
        new(errno: errno.to_i, signal: signal.to_i, objects: objects.to_i, where: where)
      end
    end

    def whole?
      errno.zero? && signal.zero?
    end
  end
end
