# frozen_string_literal: true

require "test_helper"
require "support/accounts"

# The machine sleeps while a dump is written: that time counts for timeout:, since another process
# may dump when it is over (HeapDump::Asking::Lease).
class TestAsleep < HeapDumpTest
  # A second awake, and ten minutes of sleep after it, and so on.
  SLEEPY = <<~C
    #define _GNU_SOURCE
    #include <sys/syscall.h>
    #include <time.h>
    #include <unistd.h>

    int
    clock_gettime(clockid_t clock, struct timespec *time) {
        long result = syscall(SYS_clock_gettime, clock, time);
        if (clock == CLOCK_BOOTTIME) time->tv_sec *= 601;
        return (int)result;
    }
  C

  def test_a_dump_that_nobody_reads
    skip "SKIPPED: the clock is Linux' own" unless Process.const_defined?(:CLOCK_BOOTTIME)
    skip "SKIPPED: nothing is preloaded beside the sanitizers" if ENV["LD_PRELOAD"]
    library = Accounts.compile(scratch, SLEEPY)
    out = Child.ruby!(<<~'RUBY', env: { "LD_PRELOAD" => library }, timeout: 60).out
      require "heapdump"
      reader, writer = IO.pipe
      begin
        HeapDump.dump(writer, gc: false)
      rescue HeapDump::WriteError => e
        puts e.message
      end
    RUBY
    assert_match(/longer than timeout: allows/, out)
  end
end
