# frozen_string_literal: true

require "test_helper"
require "support/command_line"

# What is held by a call cache alone: on Ruby 3.1 and 3.2 a cache holds the class of its method.
class TestCallCaches < HeapDumpTest
  include CommandLine

  CODE = <<~'RUBY'
    require "heapdump"
    class Big; def initialize = @content = "x" * 1_000_000; end
    File.write(File.join(ARGV[1], "app.rb"), <<~APP)
      module App
        def self.run(big)
          big.hash
          big.go
        end

        def self.kept = @kept
        def self.kept=(big)
          @kept = big
        end
      end
    APP
    load File.join(ARGV[1], "app.rb")
    def leave
      Array.new(20) { Object.new }
      big = Big.new
      def big.go = 1
      App.run(big)
      nil
    end
    Thread.new { leave }.join
    HeapDump.dump(ARGV[0])
  RUBY

  def test_why_names_the_call
    skip "call caches of newer Rubies do not hold" if RUBY_VERSION >= "3.3"
    path = File.join(scratch, "heap.json")
    Child.ruby!(CODE, path, scratch)
    address = Dump.load(path).instances_of("Big").first.fetch("address")
    out = heapdump!("why", path, address).out
    assert_match(/kept only by the call cache of \S*app\.rb:4 \(go\)/, out)
    assert_match(/call cache of \S*app\.rb:4, method go → call cache \(VM\)/, out)
  end
end
