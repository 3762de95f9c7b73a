# frozen_string_literal: true

# Makes the dumps of bench/analyze.rb: make.rb DIRECTORY SESSIONS NAME…

require "heapdump"
require "objspace"

# What a session of a web application may look like: seven objects each.
class Session
  def initialize(id)
    @id = id
    @user = "user-#{id}@example.com"
    @state = :open
    @data = { id: id, name: @user, tags: ["a#{id}", nil] }
    @history = [id, @user, Object.new]
  end
end

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
