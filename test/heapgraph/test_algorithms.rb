# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# The reader's algorithms against their definitions, on thousands of random graphs: C programs that
# end with 0 if everything was as it should be and say what was not.
class TestAlgorithms < Minitest::Test
  BELOW = {
    "array" => %w[array chunk],
    "blocks" => %w[array best blocks chunk task],
    "column" => %w[array chunk column],
    "slots" => %w[array chunk slots],
    "dominators" => %w[array chunk dominators list numbering semi_nca],
    "retained" => %w[array best chunk dominators list numbering retained semi_nca],
    "find" => %w[array best blocks by_kind chunk column conditions dominators find folded inverse
                 kin kinds list numbering semi_nca slots task],
    "cut" => %w[array best chunk cut dominators inverse list numbering semi_nca],
    "edge_groups" => %w[array best chunk dominators edge_groups folded inverse kinds list numbering
                        semi_nca slots],
    "folded" => %w[array chunk dominators folded groups kinds list numbering semi_nca slots],
    "groups" => %w[array best chunk dominators folded groups kinds list numbering retained semi_nca
                   slots],
    "match" => %w[array chunk index slots],
    "merged_paths" => %w[array best blocks by_kind chunk column conditions dominators find former
                         growth_follow growth_steps growth_trails inverse kin list merged_cut
                         merged_paths numbering paths semi_nca steps task],
    "pages" => %w[array chunk column dominators index list numbering pages semi_nca slots],
    "paths" => %w[array best chunk detours former inverse list paths steps],
    "procs" => %w[array best chunk dominators list numbering procs semi_nca],
    "trails" => %w[array blocks chunk column former growth growth_facts growth_follow growth_frames
                   growth_steps growth_trails growth_ways index list own_ways paths slots steps
                   task]
  }.freeze

  BELOW.each_key do |name|
    define_method(:"test_#{name}") { check(name) }
  end

  # In blocks so small that several threads share a graph of the test.
  def test_find_by_several_threads
    check("find", defined: ["HG_STRIDE=64u"])
  end

  private

  def check(name, **options)
    skip(CProgram.missing) if CProgram.missing

    sources = [*Dir["test/heapgraph/*/#{name}_test.c", base: CProgram::ROOT],
               "test/heapgraph/builder.c"]
    modules = BELOW.fetch(name).join(",")
    sources += Dir["ext/heapgraph/*/{#{modules}}.c", base: CProgram::ROOT]
    output, status = CProgram.new(name, sources, **options).run
    assert_predicate(status, :success?, output)
  end
end
