# frozen_string_literal: true

# The laws of a dump, for whichever heap `dumped` is.
module Laws
  def check
    dumped.check
  end

  def test_law_1_nothing_is_lost
    law = check.references
    assert_predicate law, :clean?, law.to_s
    assert_operator law.compared, :>, 10_000
    assert_operator law.checked_references, :>, law.compared
  end

  def test_law_1_roots_are_those_of_mri
    before = check.roots_before
    after = check.roots_after
    found = roots
    (before.keys & after.keys).each do |category|
      next if category == "machine_context" # the stack of the very call that looks at it

      # The VM has one table of call caches for all that C calls: they take turns in it, and one may
      # have its turn between the two looks alone.
      both = (before[category] & after[category]) - check.call_caches
      assert_none both - found[category], "roots of #{category} lost"
      next if category == "finalizers" # tables may be added by us

      either = before[category] | after[category] | check.call_caches
      assert_none found[category] - either, "roots of #{category} invented"
    end
  end

  def test_law_1_class_size_and_state_are_those_of_mri
    assert_none check.details, "fields differ from MRI's"
  end

  # Where MRI knows a name for all that an object of this kind holds, nothing is left nameless,
  # but for what the VM hangs on objects of any kind (IMEMOs).
  def test_law_2_what_has_a_name_has_it_here
    assert_none check.nameless, "lines hold references without the names they have"
  end

  def test_law_3_every_line_parses
    assert_none check.reader.complaints, "lines are bad"
    assert_operator check.reader.object_lines, :>, 10_000
  end

  def test_law_4_the_walk_allocates_nothing
    footer = check.reader.footer
    assert_equal 0, footer.fetch("allocated_objects")
    assert_equal 0, footer.fetch("gc_runs")
    assert_equal 0, dumped.facts.fetch("gc_runs")
    assert_operator dumped.facts.fetch("allocated"), :<, 5000, "allocated around the walk"
  end

  def test_law_4_the_walk_writes_nothing
    assert_none check.flags, "objects have other flags than before"
    assert_none check.words, "slots were written to"
  end

  def test_law_5_the_counts_of_the_footer_are_right
    reader = check.reader
    assert_predicate reader, :complete?
    assert_equal reader.object_lines, reader.footer.fetch("objects")
    assert_equal reader.bytes_before_footer, reader.footer.fetch("bytes")
    result = dumped.facts.fetch("result")
    assert_equal reader.object_lines, result.fetch("objects")
    assert_equal File.size(dumped.path), result.fetch("bytes")
  end

  def test_law_5_a_truncated_dump_says_so
    text = File.binread(dumped.path)
    assert Laws.whole?(text)
    cuts(text).each do |size|
      refute Laws.whole?(text, size), "cut after #{size} of #{text.size} bytes"
    end
    line = text.index("\n", text.size / 2)
    hole = text[0..line] + text[(text.index("\n", line + 1) + 1)..]
    refute Laws.whole?(hole), "one line less"
  end

  # What a reader does: the last line is a FOOTER, and as many bytes precede it as it says.
  def self.whole?(text, size = text.bytesize)
    return false if size < 2

    start = (text.rindex("\n", size - 2) || -1) + 1
    return false unless text.byteslice(start, 20).start_with?('{"type":"FOOTER"')

    footer = JSON.parse(text.byteslice(start, size - start))
    footer["type"] == "FOOTER" && footer["complete"] == true && footer["bytes"] == start
  rescue JSON::ParserError
    false
  end

  def test_law_6_nobody_else_may_read_it
    assert_equal 0o600, File.stat(dumped.path).mode & 0o7777
  end

  private

  def roots
    found = Hash.new { |hash, key| hash[key] = [] }
    check.reader.roots.each do |line|
      found[line["root"]].concat(References.of(line).map(&:hex))
    end
    found
  end

  # Near the end above all, where a footer may seem whole; a few elsewhere.
  def cuts(text)
    footer = text.rindex("\n", -2) + 1
    (footer...(text.size - 1)).step(7).to_a + [text.size - 2, 0, 1, 100, 5000, footer - 1] +
      Array.new(200) { |i| text.size * i / 200 }
  end
end
