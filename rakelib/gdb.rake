# frozen_string_literal: true

# ROUNDS=100 rake test:ptrace    that many attaches to each kind of process (default 3), and with
#                                KILLS=20 as many more that are killed; test/rounds/takes.rb
# ROUNDS=100 rake test:gdb       the same by gdb
# ONLY=Puma rake test:gdb        one kind
#
# ROUNDS=50 rake test:by_hand    calls by hand, on any thread; test/rounds/by_hand.rb tells more

namespace :test do
  desc "Dump processes through gdb at random moments, and count deaths, hangs and whole dumps"
  task gdb: :compile do
    sh({ "VIA" => "gdb" }, RbConfig.ruby, "test/rounds/takes.rb", verbose: false)
  end

  desc "The same by heapdump's own program, which is killed in some of them (KILLS)"
  task ptrace: :compile do
    sh({ "VIA" => "ptrace" }, RbConfig.ruby, "test/rounds/takes.rb", verbose: false)
  end

  desc "Call heapdump's functions in processes from gdb, by hand and at random moments"
  task by_hand: :compile do
    sh(RbConfig.ruby, "test/rounds/by_hand.rb", verbose: false)
  end
end
