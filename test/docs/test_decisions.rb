# frozen_string_literal: true

require "test_helper"

# docs/decisions: its list is complete, each decision says whether it holds, and whoever cites one
# cites one that there is.
class TestDecisions < HeapDumpTest
  FOLDER = File.join(Child::ROOT, "docs/decisions")
  STATUS = /^Status: (accepted|replaced by \[\d+\]\(\S+\)$)/

  Decision = Struct.new(:number, :file, :title, :text)

  def decisions
    @decisions ||= Dir["#{FOLDER}/0*.md"].map do |path|
      text = File.read(path)
      number, title = text.match(/\A# (\d+)\. (.+)\n/)&.captures
      Decision.new(number.to_i, File.basename(path), title, text)
    end
  end

  # Number, file, title and status of each line of the list.
  def list
    File.readlines("#{FOLDER}/README.md", chomp: true)
        .filter_map { |line| line.match(/\A\| \[(\d+)\]\((\S+)\) \| (.+) \| (.+) \|\z/)&.captures }
  end

  def test_the_list_is_complete
    assert_operator decisions.size, :>, 30
    assert_equal((1..decisions.size).to_a, decisions.map(&:number))
    assert_equal decisions.map(&:number), decisions.map { |one| one.file[/\A\d{4}/].to_i }
    assert_equal decisions.map { |one| [one.number.to_s, one.file, one.title] },
                 list.map { |line| line.first(3) }
  end

  def test_the_list_says_which_of_them_hold
    decisions.zip(list).each do |one, (*, said)|
      assert_match STATUS, one.text, one.file
      status = one.text[/^Status: (.+)$/, 1]
      if status.start_with?("replaced") then assert_equal status, said, one.file
      elsif (link = status[/is replaced by (\[\d+\]\(\S+\))/, 1])
        assert_match(/\Avalid, but for .+: #{Regexp.escape(link)}\z/, said, one.file)
      else
        assert_equal "valid", said, one.file
      end
    end
  end

  # Both of them say so.
  def test_what_replaces_and_what_is_replaced
    replaced, replacing = [/replaced by \[(\d+)\]/, /; replaces [^\[;]*\[(\d+)\]/].map do |words|
      decisions.filter_map { |one| [one.number, one.text[words, 1].to_i] if one.text.match?(words) }
    end
    refute_empty replaced
    assert_equal replaced.sort, replacing.map(&:reverse).sort
  end

  # In this folder a number alone cites nothing: what it means could not be followed.
  def test_citations_are_links
    bare = decisions.flat_map do |one|
      one.text.gsub(/\]\([^)]*\)/, "").scan(/\b00[0-3]\d\b|decisions? \d+/)
         .map { |text| "#{one.file}: #{text}" }
    end
    assert_empty bare
  end

  # "[12](decisions/0012-forked…)", "[decision 28](…)", "docs/decisions/0001".
  def test_citations_lead_to_the_decision_that_they_name
    files = decisions.to_h { |one| [one.number, one.file] }
    cited = texts.flat_map { |path| citations(path) }
    assert_operator cited.size, :>, 30
    wrong = cited.reject { |_, number, file| number && [files[number], nil].include?(file) }
    assert_empty wrong
  end

  private

  def texts
    Dir["#{Child::ROOT}/{*.md,docs/**/*.md,ext/**/*.{c,h,md,rb},lib/**/*.rb}"]
  end

  # [path, number that the text names, file that it leads to or nil]
  def citations(path)
    text = File.read(path)
    links = text.scan(/\[([^\]]*?)(\d+)\]\(\S*?(\d{4}-[\w-]+\.md)\)/).map do |_, number, file|
      [path, number.to_i, file]
    end
    links + text.scan(%r{docs/decisions/(\d+)\b(?!-)}).map do |number, _|
      [path, decisions.map(&:number).find { |one| one == number.to_i }, nil]
    end
  end
end
