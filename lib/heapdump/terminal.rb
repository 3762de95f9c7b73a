# frozen_string_literal: true

module HeapDump
  # What the commands show, and how: text of a heap made harmless, units, tables, colours, progress,
  # and what the system refuses.
  # Nothing here knows what a heap is.
  module Terminal
    autoload :Text, "#{__dir__}/terminal/text"
    autoload :Units, "#{__dir__}/terminal/units"
    autoload :Screen, "#{__dir__}/terminal/screen"
    autoload :Table, "#{__dir__}/terminal/table"
    autoload :Trouble, "#{__dir__}/terminal/trouble"
    autoload :Progress, "#{__dir__}/terminal/progress"
  end
end
