# frozen_string_literal: true

# Code is loaded when it is first needed, some in each round.
require "tmpdir"
require_relative "../scenario"

DIR = Dir.mktmpdir("heapdump-lazy")
at_exit { Dir.each_child(DIR) { |name| File.delete(File.join(DIR, name)) } && Dir.rmdir(DIR) }

module Models
  20.times do |i|
    path = File.join(DIR, "model#{i}.rb")
    File.write(path, <<~RUBY)
      class Models::Model#{i}
        FIELDS = %w[id name size].freeze
        def name = "model #{i}"
        def size = name.size * 3
        def self.all = @all ||= [new, new]
      end
    RUBY
    autoload :"Model#{i}", path
  end
end

Scenario.clean "code is loaded", dumps: 4
Scenario.rounds do |round|
  (round * 5...(round * 5) + 5).each { |i| Models.const_get("Model#{i}").all.map(&:name) }
end
