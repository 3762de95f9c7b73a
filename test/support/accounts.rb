# frozen_string_literal: true

require "heapdump/snapshot"
require "open3"
require "support/child"

# Processes whose memory is accounted for: what each does before it is dumped, and how it is
# started.
module Accounts
  # One process. `preload` is the library of a malloc, nil for that of the C library.
  Case = Struct.new(:name, :code, :preload, :flags, keyword_init: true)

  SLEEPING = "500.times { Thread.new { sleep } }; sleep 0.5"
  # With a stack of their own: what lies where one has been may keep the blocks alive.
  BLOCKS = <<~RUBY
    KEPT = Fiber.new {
      blocks = Array.new(500_000) { "x" * 1000 } # too long for a slot
      blocks.each_slice(500).map(&:first)
    }.resume
  RUBY
  # The blocks of a thread are in an arena of glibc's, of many pieces that touch each other.
  ARENA = BLOCKS.sub("Fiber", "Thread").sub("resume", "value")
  FIDDLE = <<~RUBY
    require "fiddle"
    KEPT = Fiddle::Pointer.new(Fiddle.malloc(200 << 20))
    (0...200).each { |i| KEPT[i << 20, 1 << 20] = "x" * (1 << 20) }
  RUBY
  UNTOUCHED = "require 'fiddle'; KEPT = Fiddle.malloc(200 << 20)"
  MAPPED = <<~RUBY
    require "fiddle"
    map = Fiddle::Function.new(Fiddle.dlopen(nil)["mmap"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T,
          Fiddle::TYPE_INT, Fiddle::TYPE_INT, Fiddle::TYPE_INT, Fiddle::TYPE_LONG],
          Fiddle::TYPE_VOIDP)
    KEPT = map.call(nil, 50 << 20, 3, 0x22, -1, 0)
    (0...50).each { |i| KEPT[i << 20, 1 << 20] = "x" * (1 << 20) }
  RUBY
  FIBERS = <<~RUBY
    deep = ->(n) { n.zero? ? Fiber.yield : deep.(n - 1) }
    KEPT = Array.new(200) { Fiber.new { deep.(100) }.tap(&:resume) }
  RUBY
  WORK = <<~'RUBY'
    class Point
      def initialize(x, y) = (@x, @y = x, y)
      def +(other) = Point.new(@x + other.x, @y + other.y)
      attr_reader :x, :y
    end
    200_000.times { |i| Point.new(i, 1) + Point.new(1, i) }
    1000.times do |i|
      eval "def m#{i}(a, b) = [a + b, a * b, a.to_s].map { |x| [x, b] }.size + #{i}"
      60.times { |j| send("m#{i}", j, 2) }
    end
  RUBY

  # The Rails app of the tests; %d requests.
  RAILS = <<~'RUBY'
    Dir.chdir(File.dirname(ARGV[0]))
    require "support/rails_app"
    RailsApp.boot
    browser = Rack::MockRequest.new(RailsApp::Application)
    %d.times do |i|
      RailsApp.expect(browser.get("/sessions/#{i}"), 200)
      RailsApp::SessionsController::LEAK.clear if i %% 1000 == 0
    end
  RUBY

  LIBRARIES = { "jemalloc" => "libjemalloc.so.2", "tcmalloc" => "libtcmalloc_minimal.so.4",
                "mimalloc" => "libmimalloc.so.2" }.freeze

  CASES = [
    Case.new(name: "idle Ruby", code: ""),
    Case.new(name: "500 sleeping threads", code: SLEEPING),
    Case.new(name: "200 fibers", code: FIBERS),
    Case.new(name: "500 MB in small blocks, freed", code: BLOCKS),
    Case.new(name: "500 MB in small blocks of a thread, freed", code: ARENA),
    Case.new(name: "200 MB by Fiddle.malloc", code: FIDDLE),
    Case.new(name: "200 MB never written to", code: UNTOUCHED),
    Case.new(name: "YJIT", code: WORK, flags: %w[--yjit]),
    *LIBRARIES.flat_map do |name, file|
      [Case.new(name: "idle, #{name}", code: "", preload: file),
       Case.new(name: "freed blocks, #{name}", code: BLOCKS.sub("500_000", "100_000"),
                preload: file)]
    end
  ].freeze

  DUMP = <<~RUBY
    require "heapdump"
    eval(ARGV[1])
    HeapDump.dump(ARGV[0], fork: ARGV[2] != "here")
  RUBY

  # The path of a preloaded library, nil if it is not installed.
  def self.library(file)
    Dir["{/usr/lib,/usr/local/lib,/lib}/{*/,}#{file}"].first
  end

  # Runs a process and returns the Snapshot of its dump.
  def self.snapshot(directory, code, preload: nil, flags: [], here: false, env: {}, **options)
    path = File.join(directory, "heap.json")
    FileUtils.rm_f(path)
    env = env.merge("LD_PRELOAD" => preload) if preload
    options = { bare: true, flags: ["-W0", *flags], timeout: 120, **options }
    Child.ruby!(DUMP, path, code, here ? "here" : "forked", env: env, **options)
    HeapDump::Snapshot.open(path, index: false)
  end

  # Compiles a library to be preloaded, and returns its path.
  def self.compile(directory, source)
    path = File.join(directory, "preloaded.so")
    File.write("#{path}.c", source)
    output, status = Open3.capture2e(ENV.fetch("CC", "cc"), "-shared", "-fPIC", "-w", "-o", path,
                                     "#{path}.c")
    raise output unless status.success?

    path
  end

  # A line of the table of docs/account.md.
  def self.line(name, account)
    parts = account.parts.map { |_, bytes| format("%.1f", bytes / 1_048_576.0) }
    "| #{name} | #{[format("%.1f", account.rss / 1_048_576.0), *parts].join(" | ")} |"
  end
end
