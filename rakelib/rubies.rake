# frozen_string_literal: true

# The table in docs/rubies.md, one line per Ruby:
#
#   rake rubies:line                                       for this one
#   rake "matrix:run[trixie,bin/test rubies:line]"         for another (see matrix.rake)
namespace :rubies do
  desc "Say how dumps of this Ruby fare, as a line of docs/rubies.md"
  task line: :compile do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/rounds/ruby.rb", verbose: false)
  end
end
