# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "heapdump/html"
require "heapdump/testing"
require "support/grown_dumps"

# Dumps are taken while a thread is in other frames, to which it has handed what leaks.
class TestFrames < HeapDumpTest
  include GrownDumps

  OUTER = ["run", "/app/loop.rb", 3].freeze
  NAMES = %w[work step handle each call perform process go].freeze

  # The outermost frame that holds an object is there in each dump, and those within are not.
  def test_the_outermost_frame_holds_what_leaks
    NAMES.each do |name|
      [[1], [0, 2], [2], [0, 1, 2]].each do |within|
        dumps = [10, 20, 30].map.with_index do |count, number|
          in_frames(count, within.include?(number) ? Array.new(3) { "#{name}_#{_1}" } : [])
        end
        found = HeapDump.leaks(*dumps)
        assert_equal [[10, 20, 30]], found.suspects.map(&:counts), "#{name} #{within}"
        assert_match(/\Alocal variable kept of run/, found.suspects.first.holder)
      end
    end
  end

  # An inner frame may hold it by a shorter way: as a variable, when it is self further out.
  def test_self_of_the_outermost_frame
    [[1], [0, 2]].each do |within|
      dumps = [10, 20, 30].map.with_index do |count, number|
        in_frames(count, within.include?(number) ? %w[work] : [], as: :self)
      end
      assert_equal [[10, 20, 30]], HeapDump.leaks(*dumps).suspects.map(&:counts), within.inspect
    end
  end

  # A further way than that of a variable of an inner frame.
  def test_variables_of_self_and_captured_variables_of_the_outermost_frame
    %i[ivar captured around].each do |as|
      [[1], [0, 2]].each do |within|
        dumps = [10, 20, 30].map.with_index do |count, number|
          in_frames(count, within.include?(number) ? %w[work step] : [], as: as)
        end
        counts = HeapDump.leaks(*dumps).suspects.map(&:counts)
        assert_equal [[10, 20, 30]], counts, "#{as} #{within}"
      end
    end
  end

  # A block that is kept makes MRI move the variables out of the frame. They are the same ones.
  def test_a_variable_that_is_captured_between_two_dumps
    [[], %w[work step]].product([[1], [1, 2], [0, 2]]).each do |within, captured|
      dumps = [10, 20, 30].map.with_index do |count, number|
        in_frames(count, within, as: captured.include?(number) ? :captured : :local)
      end
      2.times do # the second time from the index
        found = HeapDump.leaks(*dumps)
        assert_equal [[10, 20, 30]], found.suspects.map(&:counts), [within, captured].inspect
        assert_empty found.cleared + found.also_grew
      end
    end
  end

  # Another variable of the frame, or that of another frame, is not the same.
  def test_other_variables_are_others
    dumps = [[10, "kept"], [20, "other"], [30, "kept"]].map do |count, name|
      dump do |made|
        thread = made.thread([OUTER])
        list = made.array(objects(made, "Session", count, 0x50_0000))
        made.env_of(thread, 0, made.internal("env", locals: { name => list }))
        made.constant("THREAD", thread)
      end
    end
    assert_empty HeapDump.leaks(*dumps).suspects
  end

  # A recursive method has many frames that look the same.
  def test_deep_stacks
    dumps = [10, 20, 30].map.with_index { |count, i| in_frames(count, ["work"] * (i * 20_000)) }
    assert_equal [[10, 20, 30]], HeapDump.leaks(*dumps).suspects.map(&:counts)
  end

  # Nothing is declared at the line at which a frame stands.
  def test_the_line_of_a_frame_is_where_it_runs
    %i[local self captured].each do |as|
      found = HeapDump.leaks(*[10, 20, 30].map { |count| in_frames(count, [], as: as) })
      suspect = found.first
      assert_equal ["/app/loop.rb:3", "running", nil, nil],
                   [suspect.location, suspect.location_of, suspect.declared, suspect.owner]
      assert_match(%r{/app/loop.rb:3: .* runs? .*last dump}, place_in_report(suspect))
      refute_match(/defined/, place_in_report(suspect))
    end
  end

  def test_a_leak_in_a_frame_as_the_commands_tell_it
    dumps = [10, 20, 30].map { |count| in_frames(count, []) }
    out = StringIO.new
    assert_equal 0, HeapDump::CLI.run(["leaks", *dumps], out: out, err: StringIO.new)
    assert_match(%r{^   runs at +/app/loop.rb:3 in the last dump; held as long as .* runs$},
                 out.string)
    refute_match(/declared/, out.string)
    place = HeapDump::Testing::Comparison.new(dumps).grown.first.place
    assert_equal "running at /app/loop.rb:3", place
  end

  def test_a_file_whose_name_has_blanks
    dumps = [10, 20, 30].map do |count|
      dump do |made|
        thread = made.thread([["run", "/my app/loop.rb", 3]])
        made.local(thread, 0, "kept", made.array(objects(made, "Session", count, 0x50_0000)))
        made.constant("THREAD", thread)
      end
    end
    assert_equal "/my app/loop.rb:3", HeapDump.leaks(*dumps).first.location
  end

  def place_in_report(suspect)
    HeapDump::Html::SuspectCard.new(nil, suspect, 1).place
  end

  # The sessions are in a list that each frame has.
  def in_frames(count, within, as: :local)
    dump do |made|
      list = made.array(objects(made, "Session", count, 0x50_0000))
      frames = [*within.map { |label| [label, "/app/#{label}.rb", 7] }, OUTER]
      thread = made.thread(frames)
      within.each_index { |frame| made.local(thread, frame, "items", list) }
      hold(made, thread, within.size, list, as)
      made.constant("THREAD", thread)
    end
  end

  # The frame with that index holds the list: by a variable, as self, by a variable of self, or by
  # a variable that a block has captured, the block of the frame itself or one around it.
  def hold(made, thread, frame, list, how)
    case how
    when :local then made.local(thread, frame, "kept", list)
    when :self then made.self_of(thread, frame, list)
    when :ivar then made.self_of(thread, frame, made.object("Worker", ivars: { "@kept" => list }))
    else
      env = made.internal("env", locals: { kept: list })
      env = made.internal("env", locals: {}, parent: env) if how == :around
      made.env_of(thread, frame, env)
    end
  end
end
