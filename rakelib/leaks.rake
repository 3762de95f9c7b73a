# frozen_string_literal: true

# The same program, the same verdict: runs the programs of test/leaks/scenarios again and again and
# tells which of them were not judged alike.
#
#   rake leaks:steady                          20 times each, and 20 times beside a load of 8
#   TIMES=5 LOAD=0 rake leaks:steady           less often, and with nothing beside it
#   ONLY=class_anew,files rake leaks:steady    these alone
namespace :leaks do
  desc "Run every leak scenario many times, alone and under load, and compare the verdicts"
  task steady: :compile do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/leaks/steady.rb", verbose: false)
  end
end
