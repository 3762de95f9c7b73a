# frozen_string_literal: true

# Lines of numbers whose truth is known, judged as `heapdump trends` does: prints the table of
# docs/trends.md.
#
#   rake trends:scenarios           100 series of each model
#   SERIES=1000 rake trends:scenarios
namespace :trends do
  desc "Judge many series of each model of growth, and count what is told wrong"
  task :scenarios do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/trends/table.rb", verbose: false)
  end
end
