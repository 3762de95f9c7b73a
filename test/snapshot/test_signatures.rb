# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"

# The signatures of ways are the same in the dumps of a process, in those of its next life, and on
# other Rubies: test/fixtures/signatures.txt has those that Ruby 3.1 gives for the program here, so
# that the matrix compares each Ruby with it. UPDATE_SIGNATURES=1 writes it anew.
class TestSignatures < HeapDumpTest
  FIXTURE = File.expand_path("../fixtures/signatures.txt", __dir__)
  # Rubies differ in what holds what: since 4.0 a Set has no Hash, so that has no way.
  LEAST = 0.95

  # Objects that are held in all ways that a program has.
  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "set"
    module SigShop
      class Session
        attr_accessor :next
        def initialize(id) = (@id = id.to_s; @basket = [id, id.to_s])
      end
      class Wide
        def initialize(id) = 20.times { |i| instance_variable_set("@part_#{(97 + i).chr}", "#{id} #{i}") }
      end
      Order = Struct.new(:session, :lines)
      SESSIONS = {}
      LIST = []
      NEST = [[[[["deep".dup]]]]]
      SET = Set.new
      DEFAULT = Hash.new { |hash, key| hash[key] = Session.new(key) }
      HANDLERS = {}
      @pool = []
      @@all = []
      class << self
        attr_reader :pool
        def all = @@all
      end
      module Plugins; end
      class Bus
        def initialize = @subscribers = []
        def on(&block) = @subscribers << block
      end
      BUS = Bus.new
      class Tags < Set; end
      class List < Array; attr_accessor :owner; end
      class Failure < StandardError
        def initialize(session) = (super("failed"); @session = session)
      end
      TAGS = Tags.new
      GROUPS = Hash.new { |hash, key| hash[key] = Set.new }
      SAME = {}.compare_by_identity
      BOX = List.new
      FAILURES = []
      LAZY = []
      class Worker
        def initialize = @mutex = Mutex.new
        def run(gate, ready)
          @mutex.synchronize do
            [Session.new(-7)].each { |current| ready << true; gate.pop; current }
          end
        end
        def self.start(gate, ready) = Thread.new(Session.new(-8)) { |own| new.run(gate, ready); own }
      end
      TEXT = "text".dup
      TEXT.instance_variable_set(:@owner, Session.new(-5))
      QUEUE = Queue.new
      METHOD = Session.new(-6).method(:next)
      def self.subscribe(id)
        payload = Session.new(id)
        BUS.on { payload }
      end
      def self.grow(times)
        times.times do |i|
          SESSIONS["k#{i}"] = Session.new(i)
          LIST << Order.new(Session.new(i), ["line #{i}"])
          SET << Session.new(i)
          DEFAULT[i]
          pool << Wide.new(i)
          all << [:pair, Session.new(i)]
          QUEUE << Session.new(i)
          subscribe(i)
          HANDLERS[:"on_#{i}"] = Session.new(i)
          Plugins.const_set("Plugin#{i}", Class.new(Session))
          Session.define_method("go_#{i}") { i.to_s }
          TAGS << Session.new(i)
          GROUPS[i % 3] << Session.new(i)
          SAME[Session.new(i)] = Session.new(i)
          BOX << Session.new(i)
          BOX.owner = [Session.new(i), BOX.owner]
          FAILURES << Failure.new(Session.new(i))
          LAZY << [Session.new(i)].each.tap(&:next)
          $sig_last = Session.new(i).tap { |session| session.next = $sig_last }
        end
      end
    end

    def work(gate, ready)
      results = Array.new(3) { |i| SigShop::Session.new(i) }
      Thread.current[:sig_user] = SigShop::Session.new(-2)
      Thread.current.thread_variable_set(:sig_job, SigShop::Session.new(-3))
      ready << true
      gate.pop
      results
    end
    gate, ready = Queue.new, Queue.new
    Thread.new { work(gate, ready) }
    ready.pop
    SigShop::Worker.start(gate, ready)
    ready.pop
    kept = [SigShop::Session.new(-4)]
    at_exit { kept }
    Signal.trap("USR1") { kept }
    ARGV.drop(1).each.with_index { |times, i| SigShop.grow(times.to_i); HeapDump.dump("#{ARGV[0]}-#{i}.json", fork: false) }
    exit!(0)
  RUBY

  # The dumps of one life of the program.
  def self.dumps(name, *times)
    @directory ||= Dir.mktmpdir("heapdump-signatures").tap do |path|
      Minitest.after_run do
        FileUtils.rm_rf(path)
      end
    end
    Child.ruby!(PROGRAM, File.join(@directory, name), *times.map(&:to_s),
                flags: ["-W0", "--disable=gems"])
    Dir[File.join(@directory, "#{name}-*.json")]
  end

  def self.first_life
    @first_life ||= dumps("first", 10, 25)
  end

  # The ways of what the program has made, by signature: what is told of each.
  def signatures(path)
    ways = HeapDump::Snapshot.open(path).ways(words: 20_000)
    own = ways.select do |way|
      "#{way.class_name} #{way.told}".match?(/SigShop|sig_/) && way.class_name != "method"
    end
    own.to_h { |way| [way.signature, "#{way.class_name}  #{way.told}"] }
  end

  def assert_agree(expected, actual, least, what)
    missing = expected.except(*actual.keys)
    share = 1 - (missing.size / expected.size.to_f)
    assert_operator share, :>=, least,
                    "#{what}: these are others:\n#{missing.values.sort.join("\n")}"
    share
  end

  def test_dumps_of_one_process
    first, second = self.class.first_life.map { |path| signatures(path) }
    assert_operator first.size, :>=, 60
    assert_agree first, second, 1, "the second dump"
    assert_agree second, first, 1, "the first dump"
  end

  def test_the_next_life_of_the_program
    first = signatures(self.class.first_life.last)
    assert_agree first, signatures(self.class.dumps("second", 7).last), 1, "another process"
  end

  def test_other_rubies
    own = signatures(self.class.first_life.last)
    if ENV.key?("UPDATE_SIGNATURES")
      File.write(FIXTURE, own.sort_by(&:last).map { |one| "#{one.join("  ")}\n" }.join)
    end
    fixture = File.readlines(FIXTURE, chomp: true).to_h { |line| line.split("  ", 2) }
    share = assert_agree(fixture, own, LEAST, "Ruby #{RUBY_VERSION}")
    return unless share < 1

    puts format("%.1f %% of the signatures of Ruby 3.1 are those of Ruby %s", 100 * share,
                RUBY_VERSION)
  end
end
