# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# From text to bytes, without Ruby: C programs under the sanitizers that end with 0 if everything
# was as it should be and say what was not.
class TestOutput < Minitest::Test
  BELOW = Dir["ext/heapdump/{out/*,base/check}.c", base: CProgram::ROOT].sort.freeze

  %w[json sink].each do |name|
    define_method(:"test_#{name}") do
      skip(CProgram.missing) if CProgram.missing

      sources = ["test/heapdump/out/#{name}_test.c", *BELOW]
      output, status = CProgram.new(name, sources, include: "ext/heapdump").run
      assert_predicate(status, :success?, output)
    end
  end
end
