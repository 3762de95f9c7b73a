# frozen_string_literal: true

# Output of a command without what differs from run to run: numbers, sizes, addresses, places.
module Shape
  REPLACED = [
    [/ Hash \["[A-Z_]+"\].*$/, " Hash [KEY]"], # of a sample
    [/(mapped files .*?iB) .*/, '\1 FILES'], # as many as are in memory just now
    [/0x\h+/, "ADDRESS"], [/\b\h{16}\b/, "SIGNATURE"], [/x86_64-linux(-gnu)?/, "PLATFORM"],
    [%r{(?<![\w.])/[^\s:,()"]+}, "PATH"], [/\[[\w-]+\]$/, "[NAME]"],
    [/\d{4}-\d\d-\d\dT[\d:.]+Z?/, "TIME"], [/<?\d[\d,]*(\.\d+)?/, "N"],
    [/N ([KMG]iB|B|ms|s)\b/, "N UNIT"], [/\b(object|page|slot|steps?)s\b/, '\1'], [/ ?=> ?/, "=>"],
    [/ retains N UNIT$/, ""], # which of a path do differs from Ruby to Ruby
    [/\s+/, " "]
  ].freeze

  def self.of(text)
    REPLACED.reduce(text) { |shape, (pattern, word)| shape.gsub(pattern, word) }.strip
  end

  ADDRESS = /0x\h+/

  # Adds to `known` which address stands where in a line is which in another of the same shape.
  def self.learn(known, line, other)
    line.scan(ADDRESS).zip(other.scan(ADDRESS)) { |from, to| known[from] ||= to }
  end
end
