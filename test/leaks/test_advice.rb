# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "heapdump/cli"
require "heapdump/html"

# What is said of where to change the code if no line of it is known.
class TestAdvice < HeapDumpTest
  include GrownDumps

  NO_LINE = "No line of code is known for it. Dumps within HeapDump.trace_allocations { … } show " \
            "the line that makes it."

  # Dumps of fiber-local lists of so many sessions. Where +certain+ is false, two threads look the
  # same.
  def without_a_line(certain: true, name: :all)
    [10, 200, 300].map.with_index do |count, number|
      dump(number) do |made|
        list = made.array(objects(made, "Session", count, 0x50_0000))
        made.root(made.thread([], thread_name: "poller", fiber_locals: { name => list }))
        made.root(made.thread([], thread_name: "poller")) unless certain
      end
    end
  end

  def shown(paths)
    out = StringIO.new
    assert_equal 0, HeapDump::CLI.run(["leaks", *paths], out: out, err: StringIO.new)
    out.string
  end

  def card(paths)
    subject = HeapDump::Html::Subject.new(paths.map { |path| HeapDump::Snapshot.open(path) })
    HeapDump::Html::SuspectCard.new(subject, subject.leaks.first, 1)
  end

  def test_the_terminal_says_what_the_report_says
    paths = without_a_line
    gathering = "It gathers in fiber-local all → Array of 300 (10 → 200 → 300 entries). Add less " \
                "there, or take out what is no longer needed."
    assert_includes shown(paths), "   where      #{NO_LINE}\n              #{gathering}\n"
    assert_equal [NO_LINE, gathering], [card(paths).place, card(paths).gathering]
  end

  # As a program writes it: people who write it do not know the words of the VM.
  def test_a_fiber_local_as_code_writes_it
    { "all" => "Thread.current[:all]", "for me" => 'Thread.current[:"for me"]' }
      .each do |name, written|
        held = "fiber-local #{name} (#{written}) of thread \"poller\""
        paths = without_a_line(name: name)
        assert_includes shown(paths), "   held by    #{held}\n"
        assert_equal held, card(paths).held
        assert_equal [held], HeapDump.leaks(*paths).map { |one| one.to_h[:holder] }
      end
    long = shown(without_a_line(name: "a" * 61))
    assert_match(/held by    fiber-local a{61} of thread/, long)
  end

  def test_where_it_gathers_is_not_certain
    paths = without_a_line(certain: false)
    gathering = card(paths).gathering
    assert_match(/\AThe dumps do not show for certain .* \(not every dump has just one.*\)\.\z/,
                 gathering)
    assert_includes shown(paths), "   where      #{NO_LINE}\n              #{gathering}\n"
  end

  def test_a_known_line_is_enough
    out = shown(grown(0, 100, 200))
    assert_match(/^   declared +Store::SESSIONS/, out)
    refute_match(/^   where|It gathers|No line/, out)
  end
end
