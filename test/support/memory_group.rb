# frozen_string_literal: true

# Tests put processes under a limit of memory as bin/demo does.
require_relative "../../examples/leak/memory_group"
