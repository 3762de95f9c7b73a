# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# From text to bytes, without Ruby: C programs under the sanitizers that end with 0 if everything
# was as it should be and say what was not.
class TestOutput < Minitest::Test
  BELOW = %w[json sink shared writer codec check].map { |file| "ext/heapdump/#{file}.c" }.freeze

  %w[json sink].each do |name|
    define_method(:"test_#{name}") do
      skip(CProgram.missing) if CProgram.missing

      output, status = CProgram.new(name, ["test/heapdump/#{name}_test.c", *BELOW]).run
      assert_predicate(status, :success?, output)
    end
  end
end
