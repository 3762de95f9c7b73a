# frozen_string_literal: true

namespace :test do
  desc "The account of memory for each kind of process, as the table of docs/account.md"
  task account: :compile do
    env = { "HEAPDUMP_TEST_TABLE" => "1",
            "HEAPDUMP_TEST_REQUESTS" => ENV.fetch("HEAPDUMP_TEST_REQUESTS", "10000") }
    sh(env, RbConfig.ruby, "-W0", "-Ilib", "-Itest", "-I.", "test/heapdump/account/test_account.rb",
       verbose: false)
  end
end
