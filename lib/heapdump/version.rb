# frozen_string_literal: true

module HeapDump
  # The version of this gem (String), as in "1.2.0".
  VERSION = "0.1.0"
end
