# frozen_string_literal: true

require "test_helper"
require "support/watching"

# What comes after a dump that was refused, or has failed.
class TestRefusals < HeapDumpTest
  include Watching

  # What is refused to one rule is not refused to others, and the urgent mark is heard, too.
  def test_a_refusal_is_that_of_one_rule
    full = true
    watch = engine(cooldown: 1000) do |on|
      on.rule(:one) { full }
      on.rule(:two) { !full }
    end
    use(970)
    look(watch)
    full = false
    use(100)
    look(watch, 10)
    assert_equal 1, begun.size
  end

  def test_a_refusal_does_not_silence_the_urgent_mark
    watch = engine(cooldown: 1000) { |on| on.memory at: [0.5, 0.85], for: 0 }
    machine.disk_is = [false, 0, 1 << 40]
    use(600)
    look(watch)
    assert_equal({ disk: 1 }, refusals(watch))
    machine.disk_is = [false, 1 << 40, 1 << 41]
    look(watch, 20)
    assert_empty begun
    use(860)
    look(watch)
    assert_equal 1, begun.size
  end

  # The process that ships the last dump takes memory, but has soon ended. That is told once.
  def test_no_room_because_a_dump_is_shipped
    watch = engine(cooldown: 1000) { |on| on.rule(:always) { true } }
    use(970)
    FileUtils.mkdir_p(heaps, mode: 0o700)
    File.open("#{heaps}/ship.watch", File::RDWR | File::CREAT, 0o600) do |lock|
      lock.flock(File::LOCK_EX)
      look(watch, 30)
    end
    assert_equal [4, 1], [refusals(watch)[:headroom], said.grep(/are left up to the limit/).size]
    use(100)
    look(watch, 10)
    assert_equal 1, begun.size
  end

  # Who asks in vain keeps nobody else waiting.
  def test_a_refused_question_silences_nothing
    due = false
    watch = engine(cooldown: 1000) do |on|
      on.ask file: true
      on.rule(:due) { due }
    end
    FileUtils.mkdir_p(heaps, mode: 0o700)
    FileUtils.touch(File.join(heaps, "ask"))
    use(970)
    look(watch)
    use(100)
    due = true
    look(watch, 10)
    assert_equal 1, begun.size
    finish(watch)
    FileUtils.touch(File.join(heaps, "ask"))
    look(watch)
    assert_equal 2, begun.size
  end

  # It comes again, but not at once.
  def test_a_dump_that_fails_does_not_use_up_its_mark
    watch = engine(cooldown: 100) { |on| on.memory at: [0.5], for: 0 }
    use(600)
    look(watch)
    begun.last.fail(HeapDump::ChildDied.new(9, nil, begun.last.path))
    look(watch, 90)
    assert_equal 1, begun.size
    look(watch, 10)
    assert_equal 2, begun.size
    finish(watch)
    look(watch, 300)
    assert_equal 2, begun.size
  end

  # The process ends before its rule is heard again.
  def test_a_dump_that_fails_before_the_end
    watch = engine do |on|
      on.memory at: [0.5], for: 0
      on.exit grace: 1
    end
    use(600)
    look(watch)
    begun.last.fail(HeapDump::ChildDied.new(9, nil, begun.last.path))
    look(watch)
    watch.close
    assert_equal 2, begun.size
  end

  # A higher mark that is passed while the dump is written is not used up by it.
  def test_a_mark_that_is_passed_meanwhile
    watch = engine { |on| on.memory at: [0.5, 0.7], for: 0 }
    use(600)
    look(watch)
    use(750)
    look(watch, 20)
    finish(watch)
    assert_equal 2, begun.size
  end
end
