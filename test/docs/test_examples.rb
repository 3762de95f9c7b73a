# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/command_line"
require "support/demo"
require "support/document"
require "support/outside"
require "support/shape"

# The documents are right: their commands run on the dumps of examples/leak and say what is shown,
# their Ruby runs, and their lines of a dump look like today's.
class TestExamples < HeapDumpTest
  include CommandLine

  DOCUMENTS = %w[README.md SECURITY.md CONTRIBUTING.md docs/format.md docs/architecture.md
                 docs/reader.md docs/glossary.md docs/kubernetes.md].freeze
  WORDS = %w[heapdump grep jq ruby].freeze

  # What is not run here, by how it begins, and why.
  NOT_RUN = {
    /\Akill -USR2/ => "bin/demo does it, and shows what it says",
    /\Aheapdump \S+ (PID|FILE|COMMAND|DIR)/ => "a placeholder",
    /\Aruby -rheapdump/ => "capabilities differ from Ruby to Ruby; test_capabilities.rb",
    /\Aheapdump ask / => "it waits for processes that answer; test/asking",
    /\Aheapdump ship / => "it ships until it is stopped, and there is no bucket; test/ship",
    /\Aheapdump ui / => "it serves until it is stopped; test/web/test_ui.rb",
    /\Aheapdump [a-z]+\z/ => "the name of a command"
  }.freeze

  # The processes of the examples.
  PREPARED = "5388"
  UNPREPARED = "4711"
  CODE = "module MyApp; class Session; end; end; ALL = Array.new(3000) { MyApp::Session.new }"

  # All of them in one process, so that the dumps are made once.
  class << self
    def dumps
      @dumps ||= Dir.mktmpdir("heapdump-examples").tap do |directory|
        Minitest.after_run { FileUtils.rm_rf(directory) }
        Demo.write(directory)
        system("zstd", "-q", "#{directory}/heap.json", exception: true)
        File.write("#{directory}/leaks.txt", "0123456789abcdef\n")
      end
    end

    # Runs `heapdump` as it is installed.
    def path
      @path ||= File.join(dumps, "bin").tap do |directory|
        Dir.mkdir(directory)
        lines = ["#!/bin/sh", "exec #{[*Child::RUBY, "-W0", "--disable-gems",
                                       "-I#{Child::ROOT}/lib",
                                       "#{Child::ROOT}/exe/heapdump"].shelljoin} \"$@\""]
        File.write("#{directory}/heapdump", "#{lines.join("\n")}\n")
        File.chmod(0o755, "#{directory}/heapdump")
      end
    end
  end

  def setup
    super
    skip "zstd is not installed" unless system("which", "zstd", out: File::NULL)
    link_dumps(scratch)
  end

  def test_commands
    documents.each do |document|
      @addresses = {}
      document.commands(WORDS).each do |command|
        next if NOT_RUN.any? { |beginning, _| command.line.match?(beginning) }
        next if live?(command)

        check(document, command)
      end
    end
    assert_operator @checked, :>, 20
  end

  def test_commands_that_look_at_a_process
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    commands = documents.flat_map { |one| one.commands(WORDS).map { |command| [one, command] } }
    commands = commands.select { |_, command| live?(command) }
    assert_operator commands.size, :>, 2
    with_processes do |pids|
      @addresses = pids
      commands.each { |document, command| check(document, command) }
    end
  end

  def test_ruby
    blocks = documents.flat_map { |one| one.blocks_in("ruby").map { |block| [one, block] } }
    assert_operator blocks.size, :>, 5
    blocks.each_with_index do |(document, block), number|
      directory = File.join(scratch, number.to_s)
      Dir.mkdir(directory)
      link_dumps(directory)
      code = "#{PRELUDE}\n#{checked(block.text)}".gsub("/var/tmp", directory)
      answer = Child.ruby(code, gems: true, chdir: directory)
      assert_predicate answer, :success?, "#{document.path}:#{block.number} #{answer}"
    end
  end

  # The examples of README are of one dump: each session has one proc, and all of them are held.
  def test_numbers
    text = File.read(File.join(Child::ROOT, "README.md"))
    found = [/Shop::Session  ([\d,]+) objects, .*; retain/, /^ +([\d,]+) found/,
             /merged_paths\(.*\.objects +# => (\d+)/, %r{^ +(\d+) \S+leak/app\.rb:61$},
             /Shop::Session .* → ([\d,]+) objects/, /counts +# => \[.*, (\d+)\]/]
            .map { |words| text[words, 1] }
    assert_equal 1, found.map { |number| number.delete(",") }.uniq.size, found.inspect
    retained = text[/\["Shop::Session"\]\.retained +# => (\d+)/, 1]
    assert_equal found.first.delete(",").to_i * 40, retained.to_i
  end

  # Their fields are those of a line of today's dump of the same kind.
  def test_lines
    shown = documents.flat_map { |one| one.blocks_in("json").flat_map(&:lines) }
    lines = shown.map { |line| JSON.parse(line) }
    assert_operator lines.size, :>, 5
    here = kinds_of_lines(lines.map { |line| kind(line) })
    lines.each do |line|
      fields = here.fetch(kind(line)) { flunk "the dump has no #{kind(line)}" }
      assert_includes fields.uniq, line.keys, line.inspect
    end
  end

  # What the help of commands shows, with names of the demo for those in it.
  STAND_INS = {
    "Billing::Invoice" => "Shop::Session", "Session" => "Shop::Session",
    "before.json" => "1.json", "after.json" => "2.json", "/var/tmp/heaps" => "all",
    "/var/tmp/heapdump" => "all",
    "heap.json.gz" => "heap.json.zst"
  }.freeze

  def test_examples_of_the_help
    Dir.mkdir(File.join(scratch, "all"))
    3.times { |i| File.link(dump("#{i + 1}.json"), File.join(scratch, "all", "#{i + 1}.json")) }
    snapshot = HeapDump::Snapshot.open(dump("heap.json"))
    session = snapshot.find(class: "Shop::Session").first.to_s
    place = snapshot.procs.first.place
    others = %w[take doctor count ship ui measure notes ask fleet]
    lines = HeapDump::CLI::EXAMPLES.except(*others).values.flatten(1).map(&:first)
    assert_operator lines.size, :>, 15
    Dir.chdir(scratch) do
      lines.each do |line|
        named = line.gsub(Shape::ADDRESS, session).sub("app/bus.rb:9", place)
        words = named.gsub(%r{[\w.:/]+}) do |word|
          STAND_INS.fetch(word, word)
        end
        answer = help_example(words)
        allowed = line.include?("--fail-on") ? [0, 2] : [0]
        assert_includes allowed, answer.status, "#{line}\n#{answer.out}#{answer.err}"
      end
    end
  end

  # What the examples take for given.
  PRELUDE = <<~'RUBY'
    $LOAD_PATH.unshift("lib")
    require "heapdump"
    require "stringio"
    require "support/shape"
    module MyApp; class Session; end; end
    YourApp = MyApp
    ALL = Array.new(3) { MyApp::Session.new }
    def run_the_leak = nil
    def tls_socket = StringIO.new
    def result = $result ||= HeapDump.dump("result.json")
    def map(_path) = yield
    def run(app) = app.call({}).first == 200 || raise("no answer")
    def plugin(name) = require("puma/plugin/#{name}")
    def heapdump(**options) = options.fetch(:signal)
    def after_fork(&block) = block || raise("no block")
    alias after_worker_fork after_fork
    def heapdump_watch(**options) = options.fetch(:at_most)
    def use(middleware) = middleware.new(->(_) {})
    HeapDump.singleton_class.prepend(Module.new do
      def watch(**options, &block) = super(to: File.join(Dir.pwd, "watched"), **options, &block)
    end)
    def check(value, shown)
      said = Shape.of(value.inspect)
      shown = shown.sub(/, [a-z].*/, "").split("…").first
      said.start_with?(Shape.of(shown)) or raise "#{shown} is shown, but it is #{value.inspect}"
    end
  RUBY

  private

  def documents
    DOCUMENTS.map { |path| Document.new(File.join(Child::ROOT, path)) }
  end

  def dump(name)
    File.join(self.class.dumps, name)
  end

  def link_dumps(directory)
    %w[1.json 2.json 3.json heap.json leaks.txt].each do |name|
      File.link(dump(name), File.join(directory, name))
    end
    FileUtils.cp(dump("heap.json.zst"), directory)
  end

  # In this process where no shell is needed, which is quicker.
  def help_example(words)
    return heapdump(*words.shellsplit) unless words.include?("<")

    out, status = shell("heapdump #{words}")
    Answer.new(status, out, "")
  end

  def live?(command)
    command.line.match?(/\Aheapdump \S+ (#{PREPARED}|#{UNPREPARED})\b/o)
  end

  def check(document, command)
    where = "#{document.path}:#{command.number} #{command.line}"
    line = known(command.line, where)
    FileUtils.rm_f(File.join(scratch, line[/-o (\S+)/, 1].to_s)) if line.include?("-o ")
    said, status = shell(line)
    allowed = line.include?("--fail-on") ? [0, 2] : [0]
    assert_includes allowed, status, "#{where}\n#{said}"
    compare(command.output, "#{said}#{in_full(line)}", where)
    @checked = @checked.to_i + 1
  end

  # Rows may come in another order, in which others are shown.
  def in_full(line)
    line.include?("--limit") ? shell(line.sub(/--limit \d+/, "--limit 100000")).first : ""
  end

  def compare(shown, said, where)
    here = said.lines(chomp: true).group_by { |line| Shape.of(line) }
    shown.each do |line|
      next if ["", "…"].include?(line.strip)

      same = here[Shape.of(line)] or
        flunk "#{where}\nshows\n#{line}\nwhich is none of\n#{here.keys.first(60).join("\n")}"
      Shape.learn(@addresses, line, same.first)
    end
  end

  # With the addresses of these dumps for those that are shown.
  def known(line, where)
    line.gsub(/#{Shape::ADDRESS}|\b(?:#{PREPARED}|#{UNPREPARED})\b/o) do |address|
      @addresses.fetch(address) { flunk "#{where}: no output above shows #{address}" }
    end
  end

  def shell(line)
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
                                .merge("PATH" => "#{self.class.path}:#{ENV.fetch("PATH")}")
    answer = Child.run(environment, "bash", "-c", line, chdir: scratch, timeout: 60)
    ["#{answer.out}#{answer.err}".force_encoding("UTF-8"), answer.status.exitstatus]
  end

  def with_processes
    handler = "require 'heapdump'; HeapDump.on_signal('USR2', path: '#{scratch}/%{pid}.json.zst')"
    Outside.with_process("#{CODE}; sleep") do |unprepared|
      Outside.with_process("#{handler}; sleep", "-I#{Child::ROOT}/lib") do |prepared|
        yield({ UNPREPARED => unprepared.to_s, PREPARED => prepared.to_s })
      end
    end
  end

  # Compares what stands in "# => …" at the end of a line or below it.
  def checked(text)
    text.gsub(/^(\s*)(?!#)(\S.*?)\s*(?:\n\s*)?# => (.+)$/) do
      indent, code, shown = Regexp.last_match.captures
      name = code[/\A[a-z_]\w* = /].to_s
      "#{indent}#{name}(#{code.delete_prefix(name)}).tap { |it_is| check(it_is, #{shown.dump}) }"
    end
  end

  def kind(line)
    line.values_at("type", "class_name", "struct", "imemo_type")
  end

  # The keys of the lines of some kinds, in all ways in which they occur. An object that the GC has
  # found live several times is old; whether another of its kind is still young is chance.
  def kinds_of_lines(wanted)
    File.foreach(dump("heap.json")).with_object({}) do |text, found|
      line = JSON.parse(text)
      next unless wanted.include?(kind(line))

      keys = line.keys - ["slot_size"] # Ruby 3.1 has slots of one size, as in the README
      (found[kind(line)] ||= []).push(keys, keys - ["old"])
    end
  end
end
