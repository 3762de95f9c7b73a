# frozen_string_literal: true

require "fileutils"
require "json"
require "heapdump"

# For the programs of test/trends/processes: they work in rounds and are dumped after each.
module Rounds
  # Dumps into the directory of the command line. The block gets the number of the round, from 0 on.
  # With +requests+ so many are counted in each round, as a watch notes them.
  def self.run(number = 9, requests: nil)
    dir = File.join(ARGV.fetch(0), "series-here-#{Process.pid}-a1")
    FileUtils.mkdir_p(dir)
    number.times do |round|
      yield round
      sleep 0.2 # a verdict needs a second from the first dump to the last
      path = File.join(dir,
                       "app-here-#{Process.pid}-a1-#{round + 1}-20260101T00000#{round}.000Z.json")
      HeapDump.dump(path, fork: false, gc: true)
      note(path, requests * (round + 1)) if requests
    end
  end

  def self.note(path, requests)
    manifest = { file: File.basename(path), app: "shop", work: { "orders#show" => requests } }
    File.write("#{path}.manifest.json", JSON.generate(manifest))
  end
  private_class_method :note
end
