# frozen_string_literal: true

# ROUNDS=10 rake test:rss    that many rounds (default 84) of 14 dumps and of 12 snapshots
#
# The last results stand in docs/proof.md.

namespace :test do
  desc "Dump and open a thousand times each, and look whether the process grows"
  task rss: :compile do
    $LOAD_PATH.unshift("test", "lib")
    require "support/usage"
    sh(Usage::ENVIRONMENT, RbConfig.ruby, "-W0", "test/rounds/usage.rb", verbose: false)
  end
end
