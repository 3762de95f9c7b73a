# frozen_string_literal: true

# The process with the large heap: builds it, and dumps it in several ways between two looks of the
# oracle. Arguments: heap, count, directory, names of variants.
require "json"
require "tmpdir"
require "fileutils"
require "heapdump"
require "support/oracle"
require "support/large/heaps"
require "support/large/variants"

Oracle.require_extension
Extension.new("many").require_extension

name, count, directory, *variants = ARGV
ways = Large::VARIANTS.select { |variant| variants.include?(variant.name) }
$stdout.sync = true

look = lambda do |*|
  2.times do # the first fills caches and is thrown away
    GC.start
    GC.disable
    Oracle::A.walk(File.join(directory, "a"))
    ways.first(1).each { |way| way.dump(directory) } # names are made when they are first asked for
    GC.enable
  end
  GC.start
  GC.disable
  Oracle::A.walk(File.join(directory, "a"))
  seconds = {}
  results = ways.to_h do |way|
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    result = way.dump(directory)
    seconds[way.name] = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    [way.name, [result.objects, result.bytes]]
  rescue StandardError => e
    [way.name, "#{e.class}: #{e.message[0, 500]}"]
  end
  Oracle::B.walk(File.join(directory, "b"))
  running = [Oracle.hex(Thread.current), Oracle.hex(Fiber.current)]
  # The library holds that of the last dump, which was another one between the looks.
  pendings = ObjectSpace.each_object(HeapDump::Pending).map { |pending| Oracle.hex(pending) }
  facts = { pendings: pendings, results: results,
            seconds: seconds, running: running, manifest: Large.manifest }
  File.write(File.join(directory, "facts.json"), JSON.generate(facts))
  exit!(0)
end

Large.heaps.fetch(name.to_sym).build.call(Integer(count), look)
raise "#{name} was built and not looked at"
