# frozen_string_literal: true

require "test_helper"

# What Rails keeps in tests, and would not keep in production, is no growth.
class TestRailsKeeps < HeapDumpTest
  PROGRAM = <<~'RUBY'
    require "active_record"
    require "active_job"
    require "mail"
    require "heapdump/testing"

    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Schema.define { create_table(:users) { |table| table.string :name } }
    class User < ActiveRecord::Base; end
    class Job < ActiveJob::Base
      self.queue_adapter = :test
      def perform(*) = nil
    end
    ActiveJob::Base.logger = nil
    Mail.defaults { delivery_method :test }
    ActiveRecord::Base.connection.begin_transaction(joinable: false, _lazy: false)

    growth = HeapDump::Testing::Growth.of("rails", dumps: 2) do
      User.create!(name: "Ann")
      Mail.deliver { to "a@b"; from "c@d"; subject "x"; body "y" }
      Job.perform_later(1)
    end
    puts growth.accused.map(&:holder), "accused: #{growth.accused.size}", growth.left_out.values
  RUBY

  def test_records_mails_and_jobs
    env = { "HEAPDUMP_TESTS_DIR" => scratch }
    outcome = Child.ruby!(PROGRAM, env: env, gems: true, chdir: scratch, timeout: 300)
    assert_equal ["accused: 0", "jobs are kept for assertions", "mails are kept for assertions",
                  "the transaction around a test keeps its records"],
                 outcome.out.lines(chomp: true).sort.uniq
  end
end
