# frozen_string_literal: true

# How long `heapdump ui` takes for each question, over its real server:
#
#   bundle exec ruby -Ilib bench/ui.rb                 about 500,000 objects, 100 times each
#   bundle exec ruby -Ilib bench/ui.rb 10000000 20     so many objects, so many times
#
# Two dumps of a process are made and their indexes are written; then the server opens them anew.
# Each time other objects and other pages are asked about. Of a job the time until its answer is
# there counts. Bytes are those of the longest answer.

require "etc"
require "fileutils"
require "json"
require "net/http"
require "tmpdir"
require "heapdump"
require "heapdump/web"

module UiBench
  EACH = 7 # objects of a session
  JOBS = %w[leaks strings retained merged_paths find_value].freeze
  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "bench/session"
    SESSIONS = {}
    200.times { |i| Object.const_set("Kind#{i}", Class.new) }
    KINDS = Array.new(10_000) { |i| Object.const_get("Kind#{i % 200}").new }
    THREADS = Array.new(20) { |i| Thread.new { kept = Session.new(-i); sleep; kept } }
    ARGV.drop(1).each_with_index do |count, number|
      Integer(count).times { |i| SESSIONS["#{number}-#{i}"] = Session.new(i) }
      HeapDump.dump("#{ARGV[0]}/#{number}.json")
    end
  RUBY

  module_function

  def run(objects, times)
    Dir.mktmpdir("heapdump-ui") do |directory|
      paths = dumps(directory, objects / EACH)
      paths.each { |path| HeapDump::Snapshot.open(path, index: true) }
      served(paths) { |asker| measure(asker, times) }
    end
  end

  def dumps(directory, sessions)
    code = "#{PROGRAM}\nexit!(0)"
    counts = [sessions * 9 / 10, sessions / 10].map(&:to_s)
    system("ruby", "-W0", "-Ilib", "-I.", "-e", code,
           directory, *counts, exception: true)
    [0, 1].map { |number| "#{directory}/#{number}.json" }
  end

  def served(paths)
    begun = now
    server = HeapDump::Web::Server.new(paths, index: true).start
    server.web.dumps.open_all
    puts "#{RUBY_DESCRIPTION}, #{Etc.nprocessors} processors"
    printf("opened from the index in %.3f s\n", now - begun)
    yield Asker.new(server)
  ensure
    server&.stop
  end

  def measure(asker, times)
    puts "#{asker.objects} objects, #{times} times each, milliseconds"
    puts "question            first     p50     p95     max     bytes"
    Questions.new(asker).all.each do |name, question|
      times = [times, 20].min if JOBS.include?(name)
      found = Array.new(times) { asker.timed(*question.call) }
      tell(name, found.map(&:first), found.map(&:last).max)
    end
  end

  def tell(name, seconds, bytes)
    sorted = seconds.sort
    shown = [seconds.first, sorted[sorted.size / 2], sorted[sorted.size * 95 / 100], sorted.last]
    printf("%-18s %7.1f %7.1f %7.1f %7.1f %9d\n", name, *shown.map { |one| one * 1000 }, bytes)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Asks over one connection.
  class Asker
    attr_reader :ids, :objects

    def initialize(server)
      @token = server.url[/\h{64}\z/]
      @http = Net::HTTP.start("127.0.0.1", server.port)
      dumps = ask("dumps")["items"]
      @ids = dumps.map { |item| item["id"] }
      @objects = dumps.last["objects"]
    end

    def ask(question, **given)
      JSON.parse(body(question, **given))
    end

    # Seconds and bytes.
    def timed(question, given = {})
      begun = UiBench.now
      bytes = body(question, **given).bytesize
      [UiBench.now - begun, bytes]
    end

    private

    def body(question, **given)
      path = "/api/v1/#{question}?#{URI.encode_www_form(given)}"
      loop do
        answer = @http.get(path, "X-Heapdump-Token" => @token)
        return answer.body if answer.code == "200"
        raise "#{path}: #{answer.body}" unless answer.code == "202"

        sleep 0.005
      end
    end
  end

  # What is asked, each time something else.
  class Questions
    def initialize(asker)
      @asker = asker
      @dump = asker.ids.last
      @random = Random.new(1)
      @addresses = addresses
    end

    def all
      lists.merge(objects, jobs)
    end

    private

    def addresses
      answers = Array.new(20) do |i|
        @asker.ask("find", dump: @dump, sort: "address", limit: 200, offset: i * 20_000)
      end
      answers.flat_map { |answer| answer["items"].map { |item| item["address"] } }
    end

    def object
      { dump: @dump, object: @addresses.sample(random: @random) }
    end

    def some(number)
      @random.rand(number)
    end

    def lists
      { "dumps" => -> { ["dumps"] },
        "summary" => -> { ["summary", { dump: @dump }] },
        "histogram" => -> { ["histogram", { dump: @dump, limit: 200, offset: some(100) }] },
        "histogram Δ" => lambda {
          ["histogram", { dump: @dump, baseline: @asker.ids.first, limit: 200 }]
        },
        "histogram below" => -> { ["histogram", { **below, limit: 200 }] },
        "diff" => -> { ["diff", { dump: @dump, baseline: @asker.ids.first, limit: 200 }] },
        "top" => -> { ["top", { dump: @dump, limit: 200, offset: some(100) }] },
        "top_groups" => -> { ["top_groups", { dump: @dump, limit: 199 }] },
        "folded" => -> { ["folded", { dump: @dump, cells: 2000 + some(2001) }] },
        "folded below" => -> { ["folded", { **below, cells: 4000 }] },
        "find" => lambda {
          ["find",
           { dump: @dump, type: %w[STRING HASH ARRAY].sample(random: @random), limit: 200,
             offset: some(1000) }]
        },
        "threads" => -> { ["threads", { dump: @dump, limit: 200 }] },
        "pages" => -> { ["pages", { dump: @dump }] } }
    end

    def below
      object = self.object
      { dump: @dump, below: object[:object] }
    end

    def objects
      %w[object dominated references referrers reference_groups referrer_groups]
        .to_h { |name| [name, -> { [name, object] }] }
        .merge("hub: referrers" => -> { ["referrers", page_of_hub] },
               "hub: groups" => -> { ["referrer_groups", { dump: @dump, object: hub }] })
    end

    def page_of_hub
      { dump: @dump, object: hub, limit: 200, offset: some(100_000), instances: 1 }
    end

    # A class that many objects have.
    def hub
      @hub ||= begin
        string = @asker.ask("find", dump: @dump, type: "STRING", limit: 1)["items"].first
        @asker.ask("object", dump: @dump, object: string["address"])["object"]["class_address"]
      end
    end

    # No answer that is kept counts.
    def jobs
      { "leaks" => -> { ["leaks", { dumps: @asker.ids.join(","), limit: some(50) }] },
        "strings" => -> { ["strings", { dump: @dump, limit: 100 + some(100) }] },
        "retained" => -> { ["retained", { dump: @dump, class: "String", min_size: some(1000) }] },
        "merged_paths" => lambda {
          ["merged_paths", { dump: @dump, class: "String", limit: 2 + some(199) }]
        },
        "find_value" => -> { ["find", { dump: @dump, value: "user-#{some(10_000)}@" }] } }
    end
  end
end

UiBench.run(Integer(ARGV.fetch(0, 500_000)), Integer(ARGV.fetch(1, 100)))
