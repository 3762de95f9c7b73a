# frozen_string_literal: true

require_relative "errors"
require_relative "terminal"

module HeapDump
  class Trends
    autoload :Statistics, "#{__dir__}/trends/statistics"
  end
end
