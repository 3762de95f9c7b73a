# frozen_string_literal: true

require "test_helper"
require "support/watching"
require "heapdump/integrations/watching"

# What a block replaces: the usual rules, if it names one.
class TestUsualRules < HeapDumpTest
  include Watching

  USUAL = %i[memory growth ask ask].freeze

  def rules(watch)
    watch.instance_variable_get(:@rules).map(&:name)
  end

  def test_a_block_that_names_no_rule_keeps_the_usual_ones
    [proc {}, proc { |on| on.dump { nil } }, proc { |on| on.exit grace: 3 }, nil].each do |block|
      assert_equal USUAL, rules(engine(&block))
    end
  end

  def test_a_block_with_a_hook_alone
    results = []
    watch = engine { |on| on.dump { |result, facts| results << [result.path, facts.rule] } }
    use(900)
    look(watch, 60)
    finish(watch)
    assert_equal [[begun.first.path, :memory]], results
  end

  def test_a_block_that_names_a_rule_replaces_them
    assert_equal %i[every], rules(engine { |on| on.every seconds: 60 })
    assert_equal %i[ask], rules(engine { |on| on.ask "file:/shared" })
  end

  def test_the_first_line_names_the_signal_of_sidekiq
    engine { |on| on.ask "sidekiq:redis://:secret@db/0" }.introduce
    assert_operator said.last, :end_with?, ", to be asked by sidekiq:redis://db/0"
  end

  # HEAPDUMP_ASK, or ask:, only adds to them.
  def test_a_bus_of_the_options_is_no_rule_of_the_block
    watch = HeapDump::Watch.new({ to: heaps, ask: "file:/shared" }, proc { |on| on.dump { nil } })
    assert_equal [*USUAL, :ask], watch.instance_variable_get(:@on).rules.map(&:name)
  end

  # Of the environment: a block that names no rule leaves them as they are there.
  def test_marks_of_the_environment
    ENV["HEAPDUMP_MEMORY"] = "0.3"
    [nil, proc { |on| on.dump { nil } }].each do |block|
      watch = HeapDump::Integrations::Watching.check({ to: heaps }, block)
      on = watch.instance_variable_get(:@on)
      assert_equal [USUAL, %w[0.3]], [on.rules.map(&:name), on.rules.first.marks]
    end
    block = proc { |on| on.every seconds: 60 }
    watch = HeapDump::Integrations::Watching.check({ to: heaps }, block)
    assert_equal %i[every], watch.instance_variable_get(:@on).rules.map(&:name)
  ensure
    ENV.delete("HEAPDUMP_MEMORY")
  end

  # A limit that is given is that of all that counts, not of this process.
  def test_a_limit_that_is_less_than_what_is_used
    tree.group_two("/web", used: 3000, limit: nil)
    look(engine(limit: "512 MiB"))
    assert_match(/\A2\.9 GiB are used already by all processes of the control group .*web, and /,
                 said.first)
    tree.group_two("/web", used: 100, limit: nil)
    @log = nil
    look(engine(limit: "512 MiB"))
    assert_empty said
  end

  def test_a_watch_without_a_rule_says_so
    watch = engine { |on| on.memory at: 0.5 }
    look(watch, 20)
    assert_empty said.grep(/no rule is left/)
    tree.membership("")
    tree.remove("/proc/meminfo")
    @log = nil
    watch = engine { |on| on.memory at: 0.5 }
    look(watch, 20)
    assert_match(/\Athe rule memory is off: no limit/, said.first)
    assert_equal "no rule is left, so nothing will ever be dumped", said[1]
  end
end
