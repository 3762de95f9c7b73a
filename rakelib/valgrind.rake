# frozen_string_literal: true

# The extensions under valgrind's memcheck, children included:
#
#   rake test:valgrind                             test/rounds/memcheck.rb
#   FILES=test/test_gc.rb rake test:valgrind       these files of tests (comma between; slow)
#   A="-n /gzip/" rake test:valgrind               arguments for minitest
#
# An error counts where a function of ours is in its stack: a use of memory that is not ours, or a
# block that nobody holds any more. Values that were never set are not looked for: MRI marks stacks
# word by word and names such words as references, which a dump then writes. So no suppressions are
# needed. The last results stand in docs/proof.md.
module Valgrind
  ROOT = File.expand_path("..", __dir__)
  BINARIES = %w[heapdump heapgraph].map { |name| "#{ROOT}/lib/heapdump/#{name}.so" }.freeze
  OPTIONS = %w[--num-callers=50 --error-limit=no --trace-children=yes --undef-value-errors=no
               --leak-check=full --show-leak-kinds=definite].freeze

  def self.run(*arguments)
    require "rake/testtask"
    require "ruby_memcheck"
    configuration = RubyMemcheck::Configuration.new(
      valgrind_options: OPTIONS, filter_all_errors: true, ruby: RbConfig.ruby
    )
    reporter(configuration).run_ruby_with_valgrind do
      command = configuration.command("-w", "-Ilib", "-Itest", "-I.", *arguments)
      system(command, exception: true)
    end
  end

  def self.tests(files)
    load_all = "ARGV.shift(#{files.size}).each { |file| require file }"
    ["-e", "'#{load_all}'", *files, *ENV.fetch("A", "").split]
  end

  # Of both extensions, and of no other.
  def self.reporter(configuration)
    RubyMemcheck::TestTaskReporter.new(configuration).tap do |reporter|
      reporter.define_singleton_method(:loaded_binaries) { BINARIES }
    end
  end
end

namespace :test do
  desc "Run the extensions under valgrind"
  task valgrind: :compile do
    files = ENV.fetch("FILES", "").split(",")
    Valgrind.run(*(files.empty? ? ["test/rounds/memcheck.rb"] : Valgrind.tests(files)))
    puts "no error of ours"
  end
end
