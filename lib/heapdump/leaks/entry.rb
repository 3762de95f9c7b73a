# frozen_string_literal: true

# This method is part of "heapdump", "heapdump/snapshot" and "heapdump/leaks"; the readers do not
# need "heapdump".
module HeapDump
  class << self
    # Finds what leaks, by several dumps of one process that were taken with some work between them:
    # paths, Snapshots, or directories, which stand for all dumps in them; one by one or in an
    # Array. Returns a Leaks; each of its suspects has a class, its growth, its holder and a place.
    # Three dumps or more give a verdict; two show what grew, with less confidence. Raises
    # ArgumentError for fewer than two dumps, HeapDump::Error for a directory without dumps, and
    # what Snapshot.open raises.
    #
    #   HeapDump.leaks("1.json", "2.json", "3.json").each do |suspect|
    #     puts "#{suspect.class_name} #{suspect.counts.join(" → ")}: #{suspect.holder}"
    #   end
    #   # Shop::Session 0 → 400 → 800: constant Shop::SESSIONS (app.rb:12)
    #   HeapDump.leaks("/var/tmp/heaps").suspects.size # => 1
    def leaks(*dumps)
      Leaks.of(dumps.flatten(1))
    end
  end
end
