# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# Parts of the dumper that need no Ruby to run: C programs under the sanitizers.
class TestParts < Minitest::Test
  PARTS = { "table" => %w[base/table.c base/list.c base/check.c], "maps" => %w[base/maps.c],
            "report" => %w[process/report.c],
            "living" => %w[allocations/living.c allocations/texts.c allocations/cells.c
                           base/check.c base/table.c base/list.c],
            "cgroup" => %w[account/cgroup.c],
            "shared" => %w[out/shared.c out/identity.c],
            "refs" => %w[lines/refs.c base/table.c base/list.c base/check.c] }.freeze

  PARTS.each do |name, files|
    define_method(:"test_#{name}") do
      skip(CProgram.missing) if CProgram.missing

      room = File.dirname(files.first)
      sources = ["test/heapdump/#{room}/#{name}_test.c",
                 *files.map { |file| "ext/heapdump/#{file}" }]
      output, status = CProgram.new(name, sources, include: "ext/heapdump").run
      assert_predicate(status, :success?, output)
    end
  end
end
