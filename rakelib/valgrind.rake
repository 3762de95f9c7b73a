# frozen_string_literal: true

# The extensions under valgrind's memcheck, children included:
#
#   rake test:valgrind                             test/rounds/memcheck.rb
#   FILES=test/heapdump/run/test_gc.rb rake test:valgrind   every Ruby that these start (comma
#                                                  between; about a minute each)
#   ITSELF=1 FILES=… rake test:valgrind            the tests too, for those that start none
#   A="-n /gzip/" rake test:valgrind               arguments for minitest
#
# An error counts where a function of ours is in its stack: a use of memory that is not ours, or a
# block that nobody holds any more and Ruby has not made for an object of its own. Values that were
# never set are not looked for: MRI marks stacks word by word and names such words as references,
# which a dump then writes. So no suppressions are needed. The last results stand in docs/proof.md.
module Valgrind
  ROOT = File.expand_path("..", __dir__)
  BINARIES = %w[heapdump heapgraph].map { |name| "#{ROOT}/lib/heapdump/#{name}.so" }.freeze
  OPTIONS = %w[--num-callers=50 --error-limit=no --trace-children=yes --undef-value-errors=no
               --leak-check=full --show-leak-kinds=definite --vgdb=no].freeze

  PATHS = "-w -Ilib -Itest -I."

  # One round of everything.
  def self.round
    run { |valgrind| system("#{valgrind} #{PATHS} test/rounds/memcheck.rb", exception: true) }
  end

  # What files of tests start, or they themselves.
  def self.tests(files, itself:)
    load_all = "ARGV.shift(#{files.size}).each { |file| require file }"
    arguments = "#{PATHS} -e '#{load_all}' #{files.join(" ")} #{ENV.fetch("A", "")}"
    run do |valgrind|
      next system("#{valgrind} #{arguments}", exception: true) if itself

      limits, _and, child = valgrind.rpartition("&& ")
      system({ "HEAPDUMP_TEST_RUBY" => child }, "#{limits} && #{RbConfig.ruby} #{arguments}",
             exception: true)
    end
  end

  # Yields what starts a Ruby under valgrind, to make a command line of it, and reads the reports.
  def self.run
    require "rake/testtask"
    require "ruby_memcheck"
    configuration = RubyMemcheck::Configuration.new(
      valgrind_options: OPTIONS, filter_all_errors: true, ruby: RbConfig.ruby
    )
    open_to_all(configuration)
    reporter(configuration).run_ruby_with_valgrind do
      yield configuration.command
      reports = Dir["#{configuration.temp_dir}/*.xml"]
      wait_for_writers(reports)
      reports.each { |report| condense(report) }
    end
  end

  # Some tests go on as another user, whose processes report too.
  def self.open_to_all(configuration)
    File.chmod(0o777, configuration.temp_dir)
    File.chmod(0o666, configuration.loaded_features_file.path)
  end

  # A dump that a test has begun may still be on its way, half a minute at most.
  def self.wait_for_writers(reports)
    pids = reports.map { |report| File.basename(report, ".xml") }
    300.times do
      break if pids.none? { |pid| File.exist?("/proc/#{pid}") }

      sleep 0.1
    end
  end

  # Leaves the errors that name a binary of ours. A report ends in the middle where a test has
  # killed its process, and two that share one for a moment may write into each other: what is torn
  # is told.
  def self.condense(report)
    text = File.binread(report)
    errors = text.scan(%r{<error>(?:(?!<error>).)*?</error>}m)
    torn = text.scan("<error>").size - errors.size
    warn "#{File.basename(report)}: #{torn} errors are torn" if torn.positive?
    binaries = Regexp.union(BINARIES.map { |path| "<obj>#{path}</obj>" })
    ours = errors.grep(binaries)
    File.binwrite(report, "<valgrindoutput>#{ours.join}</valgrindoutput>")
  end

  # What an extension gets memory from.
  ALLOCATORS = /\Aruby_(x|strdup)|\Arb_alloc_tmp_buffer/

  # Of both extensions, and of no other.
  def self.reporter(configuration)
    RubyMemcheck::TestTaskReporter.new(configuration).tap do |reporter|
      reporter.define_singleton_method(:loaded_binaries) { BINARIES }
      reporter.define_singleton_method(:parse_valgrind_output) do
        super()
        @errors.reject! { |error| Valgrind.read_to_mark?(error) || Valgrind.made_by_ruby?(error) }
      end
    end
  end

  MARKING = /\Arb_(gc_start|objspace_reachable_objects_from)/

  # MRI reads stacks word by word, of fibers too. Valgrind takes those for gone now and then, where
  # it thinks that a switch between two of them was a return. MRI's own GC has the same reads.
  def self.read_to_mark?(error)
    error.kind == "InvalidRead" && frames_of_ruby(error).any? do |frame|
      frame.fn.to_s.match?(MARKING)
    end
  end

  # Ruby frees neither the strings of its objects nor the spare room of its GC when it ends.
  def self.made_by_ruby?(error)
    return false unless error.kind.start_with?("Leak_")

    ruby = frames_of_ruby(error)
    ruby.any? && ruby.none? { |frame| frame.fn.to_s.match?(ALLOCATORS) }
  end

  # What our innermost function has called of it.
  def self.frames_of_ruby(error)
    error.stack.frames.take_while { |frame| !frame.in_binary? }
         .select { |frame| File.basename(frame.obj.to_s).match?(/\A(lib)?ruby/) }
  end
end

namespace :test do
  desc "Run the extensions under valgrind"
  task valgrind: :compile do
    files = ENV.fetch("FILES", "").split(",")
    files.empty? ? Valgrind.round : Valgrind.tests(files, itself: ENV.key?("ITSELF"))
    puts "no error of ours"
  end
end
