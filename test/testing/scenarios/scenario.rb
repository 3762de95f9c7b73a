# frozen_string_literal: true

# Tests that leak, or look as if they did: each is a block that returns the block which is to leave
# nothing behind. Run as a program, it tells for each test in a line of JSON whether it has passed,
# and what it says.

require "json"
require "minitest"
require "heapdump/minitest"

# Tells results as lines.
class Lines < Minitest::AbstractReporter
  def record(result)
    puts JSON.generate([result.name, result.passed?, result.failures.map(&:message).join("\n")])
  end

  def passed?
    true
  end
end

# What is held by a test class.
class Session
  def initialize(user = "somebody else")
    @user = user.dup
  end
end

class Scenario < Minitest::Test
  include HeapDump::Minitest

  WORDS = {} # rubocop:disable Style/MutableConstant -- it is filled here

  # +words+ are in the message; without any nothing grows.
  def self.scenario(name, *words, dumps: words.empty? ? 3 : 2, **options, &block)
    WORDS["test_#{name}"] = words
    define_method("test_#{name}") { refute_growth(dumps: dumps, **options, &instance_exec(&block)) }
  end

  def self.run_all
    HeapDump::Testing.configure { |settings| settings.directory = ARGV.fetch(0) }
    Minitest.seed = Integer(ARGV.fetch(1))
    $stdout.sync = true
    puts JSON.generate(WORDS)
    reporter = Lines.new
    runnable_methods.each { |name| reporter.record(new(name).run) }
  end
end
