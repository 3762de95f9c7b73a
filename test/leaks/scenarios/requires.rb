# frozen_string_literal: true

# Libraries are loaded as they are needed.
require_relative "../scenario"

Scenario.clean "code is loaded", dumps: 5, objspace: true
Scenario.rounds { |round|
  %w[json optparse net/http securerandom yaml tempfile open3
     erb].each_slice(2).to_a[round - 1].each { |l|
    require l
  }
}
