# frozen_string_literal: true

# ROUNDS=100 rake test:gdb    that many attaches to each kind of process (default 3)
# ONLY=Puma rake test:gdb     one kind

namespace :test do
  desc "Dump processes through gdb at random moments, and count deaths, hangs and whole dumps"
  task gdb: :compile do
    sh(RbConfig.ruby, "test/rounds/gdb.rb", verbose: false)
  end
end
