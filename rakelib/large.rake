# frozen_string_literal: true

# Heaps in which one count is large by itself, at their full size:
#
#   rake test:large
#   ONLY=constants,string rake test:large
#   rake test:deaths         200 dumps one of whose processes dies (DEATHS, SEED)

namespace :test do
  desc "The laws over large heaps, as a table (ONLY=names of heaps)"
  task large: :compile do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/rounds/large.rb", verbose: false)
  end

  desc "Let processes of dumps end at random points (DEATHS, default 200; SEED)"
  task deaths: :compile do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/rounds/deaths.rb", verbose: false)
  end
end
