# frozen_string_literal: true

# How long `heapdump ui` takes for each question, over its real server:
#
#   bundle exec ruby -Ilib -Itest bench/ui.rb                about 500,000 objects, 100 times each
#   bundle exec ruby -Ilib -Itest bench/ui.rb 10000000 20    so many objects, so many times
#   MEMLAB=tmp/devtools … bench/ui.rb 2000000                and memlab about the same heap, which
#                                                            `rake devtools` has installed there
#
# Two dumps of a process are made and their indexes are written; then the server opens them anew.
# Each time other objects and other pages are asked about. An answer that took more than 0.05 s is
# kept, so what has nothing to vary (summary, pages, diff) is worked out once or often, by its size.
# Of a job the time until its answer is there counts. Bytes are those of the longest answer. Then
# follow how soon the screens are there in Chromium, and how long the report takes.

require "etc"
require "fileutils"
require "json"
require "net/http"
require "tmpdir"
require "heapdump"
require "heapdump/web"
require_relative "ui/browser"

module UiBench
  EACH = 7 # objects of a session
  SLOW = ["leaks", "strings", "procs", "retained", "merged_paths",
          "merged_paths without", "find value", "find where @"].freeze
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
      served(paths) do |server|
        asker = Asker.new(server)
        measure(asker, times)
        InBrowser.new(server, asker.ids.last).run
      end
      report(paths.last)
      memlab(paths.last, ENV["MEMLAB"]) if ENV["MEMLAB"]
    end
  end

  # The command, from the index.
  def report(path)
    begun = now
    system("ruby", "-W0", "-Ilib", "exe/heapdump", "report", path, "-o", "#{path}.html",
           exception: true, out: File::NULL)
    printf("report of one dump: %.2f s, %.1f KiB\n", now - begun,
           File.size("#{path}.html") / 1024.0)
  end

  # What memlab needs until it can say what the screen of an object says, beside this gem.
  def memlab(path, directory)
    snapshot = "#{path}.heapsnapshot"
    system("ruby", "-W0", "-Ilib", "exe/heapdump", "convert", path, "--to", "heapsnapshot",
           "-o", snapshot, exception: true, out: File::NULL)
    printf("heap snapshot of %.1f MB\n", File.size(snapshot) / 1e6)
    script = File.join(directory, "bench.cjs")
    FileUtils.cp("bench/ui/memlab.cjs", script)
    puts "memlab: #{IO.popen(["node", "--max-old-space-size=16000", script, snapshot, "Session"],
                             &:read)}"
    ours(path)
  end

  # The same question in a process of its own.
  def ours(path)
    code = <<~RUBY
      begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      require "heapdump/snapshot"
      snapshot = HeapDump::Snapshot.open(ARGV[0])
      loaded = Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun
      steps = snapshot.path_to(snapshot.find(class: "Session", limit: 1).first).steps.size
      answered = Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun
      megabytes = File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1].to_i / 1000
      puts({ loaded: loaded, answered: answered, megabytes: megabytes, steps: steps }.to_json)
    RUBY
    system("ruby", "-W0", "-rjson", "-Ilib", "-e", code, path, exception: true)
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
    yield server
  ensure
    server&.stop
  end

  def measure(asker, times)
    puts "#{asker.objects} objects, #{times} times each, milliseconds"
    puts "question            first     p50     p95     max     bytes"
    Questions.new(asker).all.each do |name, question|
      number = SLOW.include?(name) ? [times, 20].min : times
      found = Array.new(number) { asker.timed(*question.call) }
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
      wholes.merge(lists, objects, jobs)
    end

    private

    def addresses
      Array.new(20) { |i| about("find", sort: "address", limit: 200, offset: i * 20_000) }
           .flat_map { |question| answer(question)["items"].map { |item| item["address"] } }
    end

    def answer(question)
      name, given = question
      @asker.ask(name, **given)
    end

    # A question about the last dump.
    def about(question, **given)
      [question, { dump: @dump, **given }]
    end

    def object
      @addresses.sample(random: @random)
    end

    def some(number)
      @random.rand(number)
    end

    def type
      %w[STRING HASH ARRAY].sample(random: @random)
    end

    def wholes
      { "dumps" => -> { ["dumps"] },
        "summary" => -> { about("summary") },
        "pages" => -> { about("pages") },
        "diff" => -> { about("diff", baseline: @asker.ids.first, limit: 200) },
        "folded" => -> { about("folded", cells: 2000 + some(2001)) } }
    end

    def lists
      { "histogram" => -> { about("histogram", limit: 200, offset: some(100)) },
        "histogram Δ" => -> { about("histogram", baseline: @asker.ids.first, limit: 200) },
        "histogram below" => -> { about("histogram", below: object, limit: 200) },
        "top" => -> { about("top", limit: 200, offset: some(100)) },
        "top_groups" => -> { about("top_groups", limit: 100 + some(100)) },
        "folded below" => -> { about("folded", below: object, cells: 4000) },
        "find" => -> { about("find", type: type, limit: 200, offset: some(1000)) },
        "find where" => -> { about("find", where: "size > #{some(500)} and held_by = Hash") },
        "threads" => -> { about("threads", limit: 200) } }
    end

    def objects
      names = %w[object dominated references referrers reference_groups referrer_groups]
      names.to_h { |name| [name, -> { about(name, object: object) }] }.merge(hubs)
    end

    def hubs
      all = { object: hub, limit: 200, instances: 1 }
      { "hub: referrers" => -> { about("referrers", **all, offset: some(100_000)) },
        "hub: groups" => -> { about("referrer_groups", object: hub, limit: 1 + some(100)) } }
    end

    # A class that many objects have.
    def hub
      @hub ||= begin
        string = answer(about("find", type: "STRING", limit: 1))["items"].first["address"]
        answer(about("object", object: string))["object"]["class_address"]
      end
    end

    # Each asks for something else, since answers that take a while are kept.
    def jobs
      { "leaks" => -> { ["leaks", { dumps: @asker.ids.join(","), limit: some(50) }] },
        "strings" => -> { about("strings", limit: 100 + some(100)) },
        "retained" => -> { about("retained", class: "String", min_size: some(1000)) },
        "merged_paths" => -> { about("merged_paths", class: "String", limit: 2 + some(199)) },
        "merged_paths without" => lambda {
          about("merged_paths", class: "Session", limit: 2 + some(199), without: 2)
        },
        "procs" => -> { about("procs", limit: 1 + some(200)) },
        "find value" => -> { about("find", value: "user-#{some(10_000)}@") },
        "find where @" => -> { about("find", where: "class = Kind#{some(200)} and @id = 1") } }
    end
  end
end

UiBench.run(Integer(ARGV.fetch(0, 500_000)), Integer(ARGV.fetch(1, 100)))
