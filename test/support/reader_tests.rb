# frozen_string_literal: true

require "support/c_program"

# For tests that are C programs with all of the reader: such a program ends with 0 if everything was
# as it should be, and says what was not.
module ReaderTests
  # +path+:: the source below test/heapgraph, without ".c"
  def assert_program(path, *arguments)
    skip(CProgram.missing) if CProgram.missing

    program = CProgram.new(File.basename(path), ["test/heapgraph/#{path}.c"], reader: true)
    output, status = program.run(*arguments)
    assert_predicate(status, :success?, output)
  end
end
