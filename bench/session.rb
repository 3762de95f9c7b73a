# frozen_string_literal: true

if defined?(HeapDump) && HeapDump.send(:checked?)
  abort "This build checks its contracts, which takes time; first HEAPDUMP_CHECK=0 bin/test compile"
end

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
