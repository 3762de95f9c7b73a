# frozen_string_literal: true

require "heapdump/extract"

# Extracts of dumps that were never taken.
module MadeExtract
  BASE = Time.utc(2026, 3, 1, 4)

  module_function

  # +hours+:: when, from BASE on
  # +classes+, +ways+:: names or signatures => how many objects, of 40 bytes each
  def make(hours, classes: {}, ways: {}, pid: 41, start: 1000, work: {}, account: {}, **fields)
    HeapDump::Extract.new(
      identity: { host: "web-1", pid: pid, start: start, program: "puma", app: "shop",
                  ruby: "3.4.1", platform: "x86_64-linux", **fields.fetch(:identity, {}) },
      time: BASE + (hours * 3600), warnings: [], complete: true, rule: nil,
      gc: { count: 10 + hours.to_i, major_gc_count: hours.to_i, heap_live_slots: 1000,
            total_allocated_objects: 1000 * (hours.to_i + 1) },
      account: account, objects: 1000, held_objects: 900,
      held_bytes: 40 * classes.values.sum, garbage_bytes: 0, classes: class_sums(classes),
      ways: way_sums(ways), sites: {}, work: work, other_classes: nil, other_ways: nil,
      other_sites: nil, **fields.except(:identity)
    )
  end

  def class_sums(classes)
    classes.to_h do |name, objects|
      [name, HeapDump::Extract::ClassSum.new(objects, 40 * objects, 40 * objects, 0)]
    end
  end

  def way_sums(ways)
    ways.to_h do |signature, objects|
      [signature, HeapDump::Extract::WaySum.new(
        "Class of #{signature}", "constant #{signature.upcase}", "app.rb:3", "app", "told",
        objects, 40 * objects, 40 * objects
      )]
    end
  end
end
