# frozen_string_literal: true

# ROUNDS=100 rake test:gdb    that many attaches to each kind of process (default 3)
# ONLY=Puma rake test:gdb     one kind
#
# ROUNDS=50 rake test:by_hand    calls by hand, on any thread; test/rounds/by_hand.rb tells more

namespace :test do
  desc "Dump processes through gdb at random moments, and count deaths, hangs and whole dumps"
  task gdb: :compile do
    sh(RbConfig.ruby, "test/rounds/gdb.rb", verbose: false)
  end

  desc "Call heapdump's functions in processes from gdb, by hand and at random moments"
  task by_hand: :compile do
    sh(RbConfig.ruby, "test/rounds/by_hand.rb", verbose: false)
  end
end
