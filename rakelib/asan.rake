# frozen_string_literal: true

# Both extensions built for the address and undefined-behaviour sanitizers, in a copy
# of the sources under tmp/asan:
#
#   rake test:asan                          test/rounds/memcheck.rb
#   FILES=test/heapdump/run/test_gc.rb rake test:asan    these files of tests (comma between)
#
# The Ruby that loads them is an ordinary one, so what MRI reads when it marks conservatively is not
# looked at, and leaks are not (its own would drown ours; see rake test:rss, test:valgrind). The
# last results stand in docs/proof.md.
module Asan
  DIR = File.expand_path("../tmp/asan", __dir__)
  REPORTS = "#{DIR}/reports".freeze
  FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

  class << self
    def tests(files)
      load_all = "ARGV.shift(#{files.size}).each { |file| require file }"
      ["-e", load_all, *files, *ENV.fetch("A", "").split]
    end

    def build
      FileUtils.rm_rf(["lib", "test", "ext", REPORTS].map { |path| File.expand_path(path, DIR) })
      FileUtils.mkdir_p(REPORTS)
      system("git ls-files -z --cached --others --exclude-standard | " \
             "tar c --null -T - | tar x -C #{DIR}", exception: true)
      %w[heapdump heapgraph].each { |name| compile(name) }
    end

    def run(*arguments)
      command = [RbConfig.ruby, "-W0", "-Ilib", "-Itest", "-I.", *arguments]
      passed = system(environment, *command, chdir: DIR)
      reports = Dir["#{REPORTS}/*"]
      reports.each { |report| puts File.read(report) }
      abort "test:asan: failed, #{reports.size} reports" unless passed && reports.empty?
    end

    private

    def compile(name)
      build = "#{DIR}/build/#{name}"
      FileUtils.mkdir_p(build)
      system({ "HEAPDUMP_CHECK" => "1" }, RbConfig.ruby, "#{DIR}/ext/#{name}/extconf.rb",
             "--with-ldflags=#{FLAGS}", "--with-cflags=-g -O1 -fPIC #{FLAGS}",
             chdir: build, out: File::NULL, exception: true)
      system("make", "-s", chdir: build, out: File::NULL, exception: true)
      FileUtils.cp("#{build}/#{name}.so", "#{DIR}/lib/heapdump/")
    end

    # A report ends its process by a signal, which the suite notices, and goes to a file: the
    # processes of a dump have no stderr.
    def environment
      options = "abort_on_error=1:log_path=#{REPORTS}/report"
      compiler = RbConfig::CONFIG.fetch("CC")[/\S+/]
      libraries = %w[libasan.so libubsan.so].map do |name|
        `#{compiler} -print-file-name=#{name}`.chomp
      end
      { "LD_PRELOAD" => libraries.join(" "), "HEAPDUMP_TEST_SANITIZER" => "1",
        "ASAN_OPTIONS" => "detect_leaks=0:#{options}",
        "UBSAN_OPTIONS" => "print_stacktrace=1:#{options}" }
    end
  end
end

namespace :test do
  desc "Run the extensions built for the sanitizers"
  task asan: :compile do
    Asan.build
    files = ENV.fetch("FILES", "").split(",")
    Asan.run(*(files.empty? ? ["test/rounds/memcheck.rb"] : Asan.tests(files)))
    puts "no error"
  end
end
