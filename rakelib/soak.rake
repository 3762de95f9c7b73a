# frozen_string_literal: true

# MINUTES=1 rake soak    that long (default 15)

desc "Dump the workers of a loaded Puma over and over, and watch whether they grow"
task soak: :compile do
  sh(RbConfig.ruby, "test/rounds/soak.rb", verbose: false)
end
