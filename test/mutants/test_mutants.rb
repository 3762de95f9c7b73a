# frozen_string_literal: true

require "minitest/autorun"
require "tmpdir"
require_relative "c_source"
require_relative "ledger"
require_relative "plan"
require_relative "report"
require_relative "ruby_source"

# That the faults are made where they should be, and counted as they should be.
class TestMutants < Minitest::Test
  C = <<~'C'
    /* if (comment) a < b; */
    #define MACRO(x) ((x) < 3 && true)
    static const int table[] = {1, 2};

    static int
    sum(const int *all, size_t n) {
        const char *text = "a < b && 7";
        int sum = 0;
        for (size_t i = 0; i < n; i++) sum += all[i];
        if (!all || n == 16) return -1;
        note(all,
             n);
        return sum;
    }

    struct pair *
    none(void) {
        return make();
    }
  C

  RUBY = <<~'RUBY'
    LIMIT = 5 if true

    # a == b
    class Thing
      def grown?(now, before)
        text = "ä 1 < 2"; return false if now == before && !text
        @seen = now
        now - 1 > -before
      end
    end
  RUBY

  def of_c
    Mutants::CSource.new("x.c", C).mutants
  end

  def of_ruby
    Mutants::RubySource.new("x.rb", RUBY).mutants
  end

  def facts(mutants)
    mutants.map { |mutant| [mutant.line, mutant.kind, mutant.after] }
  end

  def test_faults_in_c
    {
      [8, "constant"] => ["int sum = 1;"],
      [9, "comparison"] => ["for (size_t i = 0; i <= n; i++) sum += all[i];"],
      [9, "constant"] => ["for (size_t i = 1; i < n; i++) sum += all[i];"],
      [10, "condition"] => ["if (!(!all || n == 16)) return -1;"],
      [10, "comparison"] => ["if (!all || n != 16) return -1;"],
      [10, "logic"] => ["if (!all && n == 16) return -1;"],
      [10, "negation"] => ["if (all || n == 16) return -1;"],
      [10, "constant"] => ["if (!all || n == 16) return -2;", "if (!all || n == 17) return -1;"],
      [11, "dropped"] => [";"],
      [18, "early return"] => ["return NULL; return make();"]
    }.each do |(line, kind), after|
      found = of_c.select { |mutant| [mutant.line, mutant.kind] == [line, kind] }
      assert_equal after, found.map(&:after).sort, "line #{line}, #{kind}"
    end
  end

  # Comments, strings, macros, and what is no function.
  def test_no_faults_in_what_is_no_code
    assert_equal [7, 8, 9, 10, 11, 18], of_c.map(&:line).uniq
    assert_equal ["early return"], of_c.select { |mutant| mutant.line == 7 }.map(&:kind)
  end

  def test_faults_in_ruby
    expected = [
      [5, "early return", "def grown?(now, before); return"],
      [6, "boolean", 'text = "ä 1 < 2"; return true if now == before && !text'],
      [6, "condition", 'text = "ä 1 < 2"; return false unless now == before && !text'],
      [6, "comparison", 'text = "ä 1 < 2"; return false if now != before && !text'],
      [6, "logic", 'text = "ä 1 < 2"; return false if now == before || !text'],
      [6, "negation", 'text = "ä 1 < 2"; return false if now == before && text'],
      [7, "dropped", "nil"],
      [8, "arithmetic", "now + 1 > -before"],
      [8, "comparison", "now - 1 >= -before"],
      [8, "constant", "now - 2 > -before"]
    ]
    assert_empty expected - facts(of_ruby)
    assert_empty of_ruby.map(&:line).uniq - [5, 6, 7, 8]
  end

  # Where one fault is, nothing else has changed.
  def test_one_fault_at_a_time
    [[C, of_c], [RUBY, of_ruby]].each do |source, mutants|
      mutants.each do |mutant|
        refute_equal source, mutant.apply
        next if mutant.apply.lines.size != source.lines.size

        changed = mutant.apply.lines.zip(source.lines).count { |one, other| one != other }
        assert_equal 1, changed, mutant.to_s
      end
    end
  end

  def test_the_same_seed_draws_the_same
    keys = lambda do |seed|
      Mutants::Plan.new(["lib/heapdump/cli/f*.rb"], seed: seed, lines: 10).entries.map(&:key)
    end
    refute_empty keys["1"]
    assert_equal keys["1"], keys["1"]
    assert_equal keys["1"].uniq, keys["1"]
    refute_equal keys["1"], keys["2"]
  end

  # A fault is the same one when its file has got a line more.
  def test_a_mutant_keeps_its_key
    moved = Mutants::CSource.new("x.c", "\n#{C}").mutants
    assert_equal of_c.map(&:key), moved.map(&:key)
    refute_equal of_c.map(&:line), moved.map(&:line)
  end

  def test_every_source_has_tests
    files = Dir[*Mutants::Plan::SOURCES] - %w[lib/heapdump/version.rb]
    assert_empty files.reject { |file| Mutants::Covering.of(file)&.any? }
    tests = Mutants::Covering::TABLE.values.flatten.flat_map(&:split).uniq
    assert_empty tests.reject { |name| File.exist?(Mutants::Covering.file_of(name)) },
                 "tests that are not there"
  end

  # What survived is tried again; what was caught is not; the share leaves out what is no fault.
  def test_the_ledger
    Dir.mktmpdir do |directory|
      path = File.join(directory, "ledger.jsonl")
      entries = of_c.first(4).map { |mutant| Mutants::Plan::Entry.new(mutant.key, mutant) }
      ledger = Mutants::Ledger.new(path, [])
      states = ["caught", "SURVIVED", "equivalent", "does not compile"]
      entries.zip(states) { |entry, state| ledger.write(entry, state, nil) }

      again = Mutants::Ledger.new(path, [])
      assert_equal([true, false, true, true], entries.map { |entry| again.done?(entry.key) })
      report = Mutants::Report.new(again, entries)
      assert_match(/^all +2 +1 +1 +2 +50.0%$/, report.table)
      assert_equal([entries[1].key], report.survivors.map { |told| told["key"] })
    end
  end

  def test_what_is_equivalent_has_a_reason
    mutant = of_c.first
    same = Mutants::Ledger::Equivalent.new(mutant.file, mutant.before, mutant.after, "because")
    ledger = Mutants::Ledger.new("/nonexistent", [same])
    assert_equal "because", ledger.excuse(mutant)
    assert_nil ledger.excuse(of_c.last)
    list = Mutants::Ledger.equivalents(File.expand_path("equivalent.tsv", __dir__))
    assert_empty(list.select { |one| one.reason.strip.empty? })
    assert_empty list.map(&:file).reject { |file| File.exist?(file) }
  end
end
