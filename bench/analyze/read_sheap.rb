# frozen_string_literal: true

# One reading of bench/analyze.rb.

require "json"
require "set"
require "sheap"

heap = Sheap::Heap.new(ARGV[0])
sessions = heap.instances_of(heap.class_named("Session").first)
sessions.first.inverse_references
raise "no path" unless heap.find_path(heap.roots, sessions.first)

puts JSON.generate(objects: heap.objects.size)
