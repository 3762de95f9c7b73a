# frozen_string_literal: true

module HeapDump
  # How the commands show their output: they make texts of a heap harmless, format units and tables,
  # set colours, show progress, and put errors of the system into words. Nothing here knows what a
  # heap is.
  module Terminal
    autoload :Columns, "#{__dir__}/terminal/columns"
    autoload :Csv, "#{__dir__}/terminal/csv"
    autoload :Text, "#{__dir__}/terminal/text"
    autoload :Units, "#{__dir__}/terminal/units"
    autoload :Screen, "#{__dir__}/terminal/screen"
    autoload :Shell, "#{__dir__}/terminal/shell"
    autoload :Sparkline, "#{__dir__}/terminal/sparkline"
    autoload :Table, "#{__dir__}/terminal/table"
    autoload :Trouble, "#{__dir__}/terminal/trouble"
    autoload :Progress, "#{__dir__}/terminal/progress"
    autoload :Json, "#{__dir__}/terminal/json"
  end
end
