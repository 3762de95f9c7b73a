# frozen_string_literal: true

require_relative "errors"
require_relative "terminal"

module HeapDump
  class Trends
    autoload :Axes, "#{__dir__}/trends/axes"
    autoload :Evidence, "#{__dir__}/trends/evidence"
    autoload :Filling, "#{__dir__}/trends/filling"
    autoload :Judge, "#{__dir__}/trends/judge"
    autoload :Rules, "#{__dir__}/trends/rules"
    autoload :Shape, "#{__dir__}/trends/shape"
    autoload :Statistics, "#{__dir__}/trends/statistics"
  end
end
