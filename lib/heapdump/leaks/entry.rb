# frozen_string_literal: true

# The method that both "heapdump" and "heapdump/leaks" give; neither needs the other.
module HeapDump
  class << self
    # What leaks, by several dumps of one process (paths or Snapshots), taken with some work between
    # them: a Leaks, whose suspects say class, growth, holder and place. Three dumps or more give a
    # verdict, two tell what grew, with less confidence. Raises ArgumentError for less than two, and
    # what Snapshot.open raises.
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
