# frozen_string_literal: true

require "test_helper"
require "support/accounts"
require "support/command_line"

# The account of a process adds up to its RSS: what no part explains is at most 5 %.
class TestAccount < HeapDumpTest
  include CommandLine

  MIB = 1 << 20

  def setup
    super
    skip "only Linux says what is in memory" unless File.readable?("/proc/self/pagemap")
  end

  Accounts::CASES.each do |one|
    define_method("test_it_adds_up: #{one.name}") do
      skip_without_fiddle(one.code)
      skip "this Ruby has no YJIT" if one.name == "YJIT" && !yjit?
      library = one.preload && (Accounts.library(one.preload) or skip "no #{one.preload} here")
      account = Accounts.snapshot(scratch, one.code, preload: library,
                                                     flags: one.flags || []).account
      assert_adds_up(account)
      table(one.name, account)
      check = CHECKS[one.name]
      instance_exec(account.parts, account, &check) if check
    end
  end

  CHECKS = {
    "idle Ruby" => lambda { |parts, account|
      assert_equal "glibc", account.allocator[:name] if glibc?
      assert_equal 1, account.stacks[:threads]
      assert_match(/ruby|libc/, account.files.first.path)
      assert_operator parts[:stacks], :<, 10 * MIB # some builds touch all of the main stack
    },
    "500 sleeping threads" => lambda { |parts, account|
      assert_equal 501, account.stacks[:threads]
      assert_operator account.stacks[:reserved], :>, 500 * MIB
      assert_operator parts[:stacks], :<, 20 * MIB
      assert_operator parts[:object_malloc], :<, 5 * MIB
    },
    "200 fibers" => lambda { |parts, account|
      assert_operator account.stacks[:fibers], :>=, 200
      assert_operator parts[:stacks], :>, 200 * 8192
    },
    "500 MB in small blocks, freed" => lambda { |parts, account|
      assert_operator parts[:free_malloc], :>, account.rss * 2 / 3
    },
    "500 MB in small blocks of a thread, freed" => lambda { |parts, account|
      assert_operator parts[:free_malloc], :>, account.rss * 2 / 3
    },
    "200 MB by Fiddle.malloc" => lambda { |parts, _|
      assert_in_delta 200, parts[:other_malloc] / MIB, 15
    },
    "200 MB never written to" => ->(_, account) { assert_operator account.rss, :<, 100 * MIB },
    "YJIT" => lambda { |parts, account|
      assert_equal "yjit", account.jit[:name]
      assert_operator parts[:jit], :>, 0
      assert_operator account.jit[:metadata], :>, 0
    },
    "idle, jemalloc" => ->(_, account) { assert_allocator("jemalloc", account) },
    "idle, tcmalloc" => ->(_, account) { assert_allocator("tcmalloc", account) },
    "idle, mimalloc" => ->(_, account) { assert_equal "mimalloc", account.allocator[:name] },
    "freed blocks, jemalloc" => lambda { |parts, _|
      assert_operator parts[:free_malloc], :>, 20 * MIB
    }
  }.freeze

  # HEAPDUMP_TEST_REQUESTS=10000 (`rake test:account`) takes minutes.
  def test_it_adds_up_with_rails
    skip "HEAPDUMP_TEST_RAILS=skip" if ENV["HEAPDUMP_TEST_RAILS"] == "skip"
    requests = ENV.fetch("HEAPDUMP_TEST_REQUESTS", "100").to_i
    snapshot = Accounts.snapshot(scratch, format(Accounts::RAILS, requests), gems: true,
                                                                             timeout: 1200)
    assert_adds_up(snapshot.account)
    table("Rails app, #{requests} requests", snapshot.account)
    gems = snapshot.code_by_gem
    rails = gems.find { |row| row.gem.start_with?("actionpack-") }
    assert_operator rails.method_count, :>, 500
    assert_operator rails.class_count, :>, 100
    assert_operator rails.bytes, :>, 500_000
    assert_equal gems.map(&:bytes).sort.reverse, gems.map(&:bytes)
  end

  # A mapping of one's own is nobody's: it is told, and not put to another part.
  def test_what_nobody_owns_is_the_rest
    skip_without_fiddle(Accounts::MAPPED)
    parts = Accounts.snapshot(scratch, Accounts::MAPPED).account.parts
    assert_in_delta 50, parts[:rest] / MIB, 3
  end

  def test_in_process
    account = Accounts.snapshot(scratch, Accounts::SLEEPING, here: true).account
    assert_adds_up(account)
    memory = HeapDump::Snapshot.open("#{scratch}/heap.json").header["memory"]
    assert_operator memory["private"], :<=, memory["pss"]
    assert_operator memory["pss"], :<=, memory["rss"]
  end

  # Nothing is known of it, and nothing that it has is put to malloc of others.
  def test_an_unknown_allocator
    library = Accounts.compile(scratch, <<~C)
      #include <stddef.h>
      extern void *__libc_malloc(size_t);
      void *malloc(size_t size) { return __libc_malloc(size); }
    C
    account = Accounts.snapshot(scratch, "", preload: library).account
    assert_equal({ name: "unknown" }, account.allocator)
    assert_equal [0, 0], account.parts.values_at(:other_malloc, :free_malloc)
    assert_equal account.rss, account.parts.values.sum
  end

  # Each figure is taken for itself: without RSS there are no parts of it, but all other figures.
  def test_the_kernel_does_not_tell_rss
    library = Accounts.compile(scratch, <<~C)
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <string.h>
      static void *call(const char *name, const char *path, const char *mode) {
          const char *file = strrchr(path, '/');
          void *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, name);
          return file && strcmp(file, "/status") == 0 ? 0 : real(path, mode);
      }
      void *fopen(const char *path, const char *mode) { return call("fopen", path, mode); }
      void *fopen64(const char *path, const char *mode) { return call("fopen64", path, mode); }
    C
    snapshot = Accounts.snapshot(scratch, "", preload: library)
    memory = snapshot.header["memory"]
    assert_empty memory.keys & %w[rss peak_rss swap anonymous]
    assert_operator memory.dig("code", "bytes"), :>, MIB
    assert_empty %w[allocator stacks heap_pages] - memory.keys
    assert_equal [nil, {}], [snapshot.account.rss, snapshot.account.parts]
    assert_match(/^process \(RSS\) +-$/, heapdump!("summary", snapshot.path).out)
  end

  # Nothing but pages of the heap is counted as such.
  def test_heap_pages
    snapshot = Accounts.snapshot(scratch, "KEPT = Array.new(100_000) { Object.new }")
    pages = snapshot.footer["heaps"].sum { |heap| heap["pages"] }
    size = RUBY_VERSION < "3.2" ? 16_384 : 65_536
    told = snapshot.header.dig("memory", "heap_pages")
    assert_equal pages * size, told["bytes"]
    assert_operator told["touched"], :<=, told["bytes"]
  end

  # What makes a preloaded library the malloc of the process.
  MALLOC = <<~C
    extern void *__libc_malloc(unsigned long);
    void *malloc(unsigned long size) { return __libc_malloc(size); }
  C

  # A lock of malloc that is never given back costs some figures, and a moment.
  def test_malloc_that_hangs
    library = Accounts.compile(scratch, <<~C)
      #include <unistd.h>
      #{MALLOC}
      int mallctl(const char *name, void *a, void *b, void *c, unsigned long d) { for (;;) pause(); }
    C
    snapshot = Accounts.snapshot(scratch, "", preload: library)
    memory = snapshot.header["memory"]
    assert_equal true, snapshot.whole
    assert_equal({ "name" => "jemalloc" }, memory["allocator"])
    assert_operator memory.dig("code", "bytes"), :>, MIB
  end

  # A crash leaves no core dump, which may be as large as the application: each signal is caught.
  def test_malloc_that_crashes
    library = Accounts.compile(scratch, <<~C)
      #include <fcntl.h>
      #include <signal.h>
      #include <stdlib.h>
      #{MALLOC}
      int mallctl(const char *name, void *a, void *b, void *c, unsigned long d) {
          static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
          creat("#{scratch}/called", 0600);
          for (int i = 0; i < 5; i++) {
              struct sigaction action;
              sigaction(signals[i], NULL, &action);
              if (action.sa_handler == SIG_DFL) creat("#{scratch}/uncaught", 0600);
          }
          abort();
      }
    C
    assert_equal true, Accounts.snapshot(scratch, "", preload: library).whole
    assert_path_exists "#{scratch}/called"
    refute_path_exists "#{scratch}/uncaught"
  end

  # The other format has no header, so nothing is asked for it.
  def test_no_account_without_a_header
    library = Accounts.compile(scratch, <<~C)
      #include <fcntl.h>
      #{MALLOC}
      int mallctl(const char *a, void *b, void *c, void *d, unsigned long e) {
          creat("#{scratch}/called", 0600);
          return 1;
      }
    C
    code = "require 'heapdump'; HeapDump.dump(ARGV[0], format: ARGV[1].to_sym, " \
           "fork: ARGV[2] == 'forked')"
    [%w[objspace here], %w[objspace forked], %w[heapdump here]].each do |how|
      Child.ruby!(code, "#{scratch}/heap.json", *how, bare: true, env: { "LD_PRELOAD" => library })
      assert_equal how[0] == "heapdump", File.exist?("#{scratch}/called"), how.join(" ")
    end
  end

  def test_arenas_of_glibc
    skip "only glibc" unless glibc?
    allocate = "20.times.map { Thread.new { 1000.times { 'x' * 5000 } } }.each(&:join)"
    [["1", 1..1], ["8", 2..8]].each do |most, arenas|
      account = Accounts.snapshot(scratch, allocate, env: { "MALLOC_ARENA_MAX" => most }).account
      assert_includes arenas, account.allocator[:arenas], most
    end
  end

  # Memory that processes share is in no file.
  def test_shared_memory_of_system_v
    code = <<~RUBY
      require "fiddle"
      call = lambda do |name, *arguments|
        types = arguments.map { |one| one.nil? ? Fiddle::TYPE_VOIDP : Fiddle::TYPE_LONG }
        Fiddle::Function.new(Fiddle.dlopen(nil)[name], types, Fiddle::TYPE_LONG).(*arguments)
      end
      id = call.("shmget", 0, 30 << 20, 0o1600)
      at = call.("shmat", id, nil, 0)
      call.("shmctl", id, 0, nil)
      KEPT = Fiddle::Pointer.new(at)
      (0...30).each { |i| KEPT[i << 20, 1 << 20] = "x" * (1 << 20) }
    RUBY
    skip_without_fiddle(code)
    parts = Accounts.snapshot(scratch, code).account.parts
    assert_operator parts[:code], :<, 20 * MIB
    assert_operator parts[:rest], :>, 25 * MIB
  end

  # What the kernel says of the control group, if it can be seen here.
  def test_the_control_group
    path = File.read("/proc/self/cgroup")[/^\d+:memory:(.*)$/, 1]
    file = "/sys/fs/cgroup/memory#{path}/memory.usage_in_bytes"
    skip "no control group for memory here" unless path && File.readable?(file)
    cgroup = Accounts.snapshot(scratch, "").account.cgroup
    assert_in_delta File.read(file).to_i, cgroup[:current], 2 << 30
    assert_operator cgroup[:inactive_file], :<=, cgroup[:current]
  end

  # A library that is loaded is not the malloc of the process for that.
  def test_an_allocator_that_is_only_loaded
    library = Accounts.compile(scratch, <<~C)
      int mallctl(const char *a, void *b, void *c, void *d, unsigned long e) { return 1; }
      int MallocExtension_GetNumericProperty(const char *a, unsigned long *b) { return 0; }
      int mi_version(void) { return 212; }
    C
    skip "only glibc" unless glibc?
    account = Accounts.snapshot(scratch, "", preload: library).account
    assert_equal "glibc", account.allocator[:name]
  end

  # Variables that begin as 0 follow the file of their library; no lock of the dynamic loader is
  # taken for them, which another thread may have held at the fork.
  def test_variables_of_a_library
    library = Accounts.compile(scratch, <<~C)
      #define _GNU_SOURCE
      #include <link.h>
      #include <pthread.h>
      #include <string.h>
      #include <unistd.h>
      static char large[30 << 20];
      static int stay(struct dl_phdr_info *info, size_t size, void *data) { sleep(60); return 1; }
      static void *run(void *data) { dl_iterate_phdr(stay, data); return data; }
      void begin(void) {
          pthread_t thread;
          memset(large, 1, sizeof large);
          pthread_create(&thread, 0, run, 0);
          usleep(200000);
      }
    C
    skip_without_fiddle("fiddle")
    code = "require 'fiddle'; at_exit { Process.exit!(0) }; " \
           "Fiddle::Function.new(Fiddle.dlopen('#{library}')['begin'], [], 0).call"
    account = Accounts.snapshot(scratch, code).account
    assert_adds_up(account)
    assert_equal library, account.files.first.path
    assert_in_delta 30, account.files.first.bytes / MIB, 1
  end

  # Stacks that were never touched are no memory that a thread holds.
  def test_an_idle_thread_is_small
    snapshot = Accounts.snapshot(scratch, "50.times { Thread.new { sleep } }; sleep 0.3")
    threads = snapshot.find(class: "Thread", limit: 100)
    assert_equal 51, threads.total
    assert(threads.count { |thread| thread.memsize < 65_536 } >= 50)
    deep = "def deep(n) = n.zero? ? sleep : deep(n - 1)\nThread.new { deep(5000) }; sleep 0.3"
    sizes = Accounts.snapshot(scratch, deep).find(class: "Thread").map(&:memsize)
    assert_operator sizes.max, :>, 200_000
    assert_operator sizes.max, :<, 2 * MIB
  end

  GROWING = <<~'RUBY'
    require "heapdump"
    3.times do |i|
      150.times { Thread.new { sleep } }
      sleep 0.3
      HeapDump.dump("#{ARGV[0]}/#{i + 1}.json")
    end
  RUBY

  # Idle threads, 150 MiB of addresses in each step, retain less than a gate of 5 MB allows.
  def test_idle_threads_trip_no_gate
    Child.ruby!(GROWING, scratch, bare: true, timeout: 120)
    dumps = (1..3).map { |i| "#{scratch}/#{i}.json" }
    outcome = heapdump("leaks", *dumps, "--fail-on", "retained>5MB")
    assert_equal 0, outcome.status, outcome.out
    bytes = HeapDump::Snapshot.open(dumps.last).histogram["Thread"].bytes
    assert_operator bytes, :<, 10 * MIB
  end

  # Code by the gem of its file; allocations need not be traced.
  def test_code_by_gem
    FileUtils.mkdir_p("#{scratch}/gems/fine-1.2/lib")
    methods = (1..30).map { |i| "def m#{i}(a) = [a].map { |x| x }\n" }.join
    File.write("#{scratch}/gems/fine-1.2/lib/fine.rb",
               "module Fine\n  class One\n#{methods}end\nend\n")
    fine = "require '#{scratch}/gems/fine-1.2/lib/fine'"
    snapshot = Accounts.snapshot(scratch, fine)
    row = snapshot.code_by_gem["fine-1.2"]
    assert_equal 30, row.method_count
    assert_operator row.iseq_count, :>=, 60
    assert_operator row.class_count, :>=, 2
    assert_operator row.bytes, :>, 30 * 200
    assert_operator snapshot.code_by_gem["ruby"].method_count, :>, 10
    out = heapdump!("summary", snapshot.path).out
    assert_match(/^ .* 30 +\d+  fine-1\.2$/, out)
    json = heapdump!("summary", snapshot.path, "--json").json["code_by_gem"]
    assert_equal 30, json.find { |one| one["gem"] == "fine-1.2" }["methods"]
  end

  private

  # Some builds of Ruby do not have it.
  def skip_without_fiddle(code)
    return unless code.include?("fiddle")

    skip "no fiddle here" unless Child.ruby("require 'fiddle'", bare: true).success?
  end

  def assert_adds_up(account)
    refute_empty account.parts
    assert_equal HeapDump::Snapshot::Account::PARTS.keys, account.parts.keys
    assert_equal account.rss, account.parts.values.sum
    assert(account.parts.values.all? { |bytes| bytes.between?(0, account.rss) })
    assert_operator account.parts[:rest], :<=, account.rss / 20, account.inspect
  end

  # HEAPDUMP_TEST_TABLE=1 prints the table of docs/account.md.
  def table(name, account)
    puts Accounts.line(name, account) if ENV["HEAPDUMP_TEST_TABLE"]
  end

  def assert_allocator(name, account)
    assert_equal name, account.allocator[:name]
    assert_match(/\A\d+\.\d+/, account.allocator[:version])
    assert_operator account.allocator[:in_use], :<, account.allocator[:mapped]
  end

  def yjit?
    RUBY_VERSION >= "3.3" && Child.yjit?
  end

  def glibc?
    RUBY_PLATFORM.include?("linux") && !RUBY_PLATFORM.include?("musl")
  end
end
