# frozen_string_literal: true

# Makes the dumps of bench/analyze.rb: make.rb DIRECTORY SESSIONS NAME…

require "heapdump"
require "objspace"
require_relative "../session"

module Registry
  SESSIONS = [] # rubocop:disable Style/MutableConstant
end

directory, sessions, *names = ARGV
sessions.to_i.times { |id| Registry::SESSIONS << Session.new(id) }
names.each do |name|
  path = File.join(directory, name)
  if name == "all.json"
    GC.start
    File.open(path, "w") { |io| ObjectSpace.dump_all(output: io) }
  else
    HeapDump.dump(path)
  end
end
