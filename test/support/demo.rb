# frozen_string_literal: true

require_relative "../../examples/leak/server"
require_relative "../../examples/leak/visitors"

# Dumps of the leaking shop of examples/leak, taken as bin/demo takes them, after fewer visits.
module Demo
  SESSIONS = 400 # that each dump has more than the one before, at least

  class << self
    # Writes 1.json, 2.json and 3.json into a directory, and heap.json, which is the last of them.
    def write(directory)
      verbose = $VERBOSE
      $VERBOSE = nil # Net::HTTP warns of posts that name no content type
      app = LeakingApp.new(directory, File.join(directory, "puma.log"))
      visitors = Visitors.new(app)
      (1..3).each do |number|
        visitors.come { sleep 0.05 until sessions(app) >= number * SESSIONS }
        File.rename(app.dump[:path], File.join(directory, "#{number}.json"))
      end
      File.link(File.join(directory, "3.json"), File.join(directory, "heap.json"))
    ensure
      $VERBOSE = verbose
      app&.stop
    end

    private

    # How many its worker has leaked.
    def sessions(app)
      app.counts.dig("user_types", "Shop::Session").to_i
    end
  end
end
