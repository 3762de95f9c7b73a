# frozen_string_literal: true

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
