# frozen_string_literal: true

require "test_helper"
require "support/built_extension"

# Where MRI's structs are not as the table of offsets says: loading finds out, without a crash.
class TestMovedLayout < HeapDumpTest
  MOVED = File.expand_path("../../support/layout/moved.c", __dir__)
  HEADER = File.expand_path("../../../ext/heapdump/mri/layout.h", __dir__)
  DISTANCES = [8, -8, 64, -64].freeze

  # Since Ruby 3.2 the line at which code begins stands there as well.
  SAME = %w[HD_BODY_LINE:8].freeze

  # Loads the extension once for each move, in a process of its own.
  CODE = <<~'RUBY'
    require "heapdump/version"
    require "heapdump/errors"
    patience, *moves = ARGV
    moves.each do |move|
      reader, writer = IO.pipe
      pid = fork do
        ENV["HEAPDUMP_TEST_MOVE"] = move
        $stderr.reopen(File::NULL)
        require "heapdump"
        GC.start # what was found does not fall with it
        writer.syswrite(HeapDump.capabilities.join(","))
        exit!(0)
      end
      writer.close
      watchdog = Thread.new { sleep 20 * Integer(patience); Process.kill(:KILL, pid) }
      found = reader.read
      Process.wait(pid)
      watchdog.kill
      puts "#{move} #{$?.exitstatus.inspect} #{found}"
    end
  RUBY

  def extension
    BuiltExtension.with("-DHD_MOVED_OFFSETS='\"#{MOVED}\"'")
  end

  def offsets
    header = File.read(HEADER)
    constants = header.scan(/^ *AT\((HD_\w+),/).flatten
    fields = header[/struct hd_layout \{.*?\n\};/m].scan(/short ([^;]+);/).join(", ").split(", ")
    constants + fields
  end

  # What this Ruby does not have, or what is read of it after loading alone.
  def unread
    later = offsets.grep(/\AHD_(TRACER|ALLOCATION|JIT)_|\AHD_FRAME_JIT\z/)
    later += offsets.grep(/\AHD_SET_/) if RUBY_VERSION < "4.0"
    later += %w[HD_DEFINITION_MODULE] if RUBY_VERSION < "4.1"
    later
  end

  def load_with(moves)
    outcome = Child.ruby!(CODE, Child::PATIENCE.to_s, *moves, flags: ["-W0", "-I", extension],
                                                              bare: true, timeout: 300)
    outcome.out.lines.to_h do |line|
      move, status, capabilities = line.chomp.split(" ", 3)
      [move, [status, capabilities.to_s.split(",")]]
    end
  end

  def test_nothing_moved
    assert_equal ["0", HeapDump.capabilities], load_with(%w[nothing:0]).fetch("nothing:0")
  end

  def test_each_move_switches_something_off
    names = offsets - unread
    assert_operator names.size, :>=, 60
    found = load_with(names.product(DISTANCES).map { |name, distance| "#{name}:#{distance}" })
    assert_none(found.reject { |_, outcome| outcome.first == "0" }.keys, "moves crashed")
    unseen = found.select { |_, (_, capabilities)| (HeapDump.capabilities - capabilities).empty? }
    near, far = unseen.keys.partition { |move| move.match?(/:-?8\z/) }
    assert_none(near - SAME, "moves were not noticed")
    # what lies farther may be another object's, and hold the right value by chance
    assert_operator far.size, :<=, 3, "moves were not noticed: #{far.join(", ")}"
  end
end
