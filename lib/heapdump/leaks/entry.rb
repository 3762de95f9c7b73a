# frozen_string_literal: true

# This method is part of both "heapdump" and "heapdump/leaks"; neither of the two needs the other.
module HeapDump
  class << self
    # Finds what leaks, by several dumps of one process (paths or Snapshots) that were taken with
    # some work between them. Returns a Leaks; each of its suspects has a class, its growth, its
    # holder and a place. Three dumps or more give a verdict; two show what grew, with less
    # confidence. Raises ArgumentError for fewer than two dumps, and what Snapshot.open raises.
    #
    #   HeapDump.leaks("1.json", "2.json", "3.json").each do |suspect|
    #     puts "#{suspect.class_name} #{suspect.counts.join(" → ")}: #{suspect.holder}"
    #   end
    #   # Shop::Session 0 → 400 → 800: constant Shop::SESSIONS (app.rb:12)
    def leaks(*dumps)
      Leaks.of(dumps)
    end
  end
end
