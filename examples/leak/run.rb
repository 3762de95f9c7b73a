# frozen_string_literal: true

# Runs the leaking shop in Puma, visits it, dumps its heap, and asks the dump who holds the
# sessions. Ends with status 0 if the answer is right. bin/demo prepares all it needs.

require "fileutils"
require "json"
require "net/http"
require "open3"
require "rbconfig"

# The app as a child process, spoken to over HTTP.
class LeakingApp
  HERE = __dir__
  DEADLINE = 30 # seconds

  def initialize(dump, log)
    @log = log
    @pid = Process.spawn({ "HEAP_DUMP" => dump, "WEB_CONCURRENCY" => nil },
                         RbConfig.ruby, "-S", "puma", "--config", "#{HERE}/puma.rb",
                         "#{HERE}/config.ru", in: File::NULL, out: log, err: %i[child out])
    @port = wait_for_port
  end

  # Runs the block with one connection that is kept open.
  def connect(&)
    Net::HTTP.start("127.0.0.1", @port, nil, read_timeout: DEADLINE, &)
  end

  def self.body(response)
    raise "status #{response.code}: #{response.body}" unless response.is_a?(Net::HTTPSuccess)

    JSON.parse(response.body)
  end

  def stop
    %i[TERM KILL].each do |signal|
      Process.kill(signal, @pid) if running?
      wait_until(10) { !running? }
    end
  end

  private

  def wait_for_port
    wait_until(DEADLINE) { !running? || port }
    port or raise "Puma does not listen"
  ensure
    stop unless port
  end

  def port
    File.read(@log)[%r{Listening on http://127\.0\.0\.1:(\d+)}, 1]&.to_i
  end

  def running?
    @status.nil? && (@status = Process.wait2(@pid, Process::WNOHANG)).nil?
  end

  def wait_until(seconds)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    sleep 0.05 until yield || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  end
end

CONNECTIONS = 4
VISITS = 100 # on each connection
CLASS_NAME = "Shop::Session"
DIR = File.expand_path("../../tmp/demo", __dir__)
DUMP = File.join(DIR, "heap.json")
LOG = File.join(DIR, "puma.log")

def counts(app)
  LeakingApp.body(app.connect { |http| http.get("/counts") })
end

def visit(app)
  threads = Array.new(CONNECTIONS) do |connection|
    Thread.new do
      app.connect do |http|
        VISITS.times do |i|
          cart = [{ name: "book", price: i }, { name: "tea", price: connection }]
          LeakingApp.body(http.post("/visits", { visitor: "v#{connection}-#{i}", cart: }.to_json))
        end
      end
    end
  end
  threads.each(&:join)
end

def table(before, after)
  interesting = %w[T_STRING T_HASH T_DATA T_IMEMO] | after["user_types"].keys
  interesting.map do |name|
    old, new = [before, after].map { |c| c["user_types"][name] || c["basic_types"][name] || 0 }
    "  #{name.ljust(16)} #{old.to_s.rjust(7)} → #{new.to_s.rjust(7)}"
  end
end

# What must stand in the answer: the constant and the block that keep the sessions, each with the
# line of the source that it is written in.
def right?(answer)
  app = File.join(__dir__, "app.rb")
  constant, block = [/SUBSCRIBERS =/, /EventBus\.subscribe\(/].map do |pattern|
    Regexp.escape("#{app}:#{File.readlines(app).index { |text| text.match?(pattern) } + 1}")
  end
  [/^#{CONNECTIONS * VISITS} are held like/, /constant SUBSCRIBERS at #{constant} /,
   /proc "block in .*visit" #{block}$/, /captured session → #{CLASS_NAME} 0x\h+$/]
    .all? { |pattern| answer.match?(pattern) }
end

# Prints how it goes; true if the holder was named.
def demonstrated?(app)
  before = counts(app)
  puts "#{CONNECTIONS * VISITS} visits on #{CONNECTIONS} connections"
  visit(app)
  puts "Objects after a GC, before → after the visits:", table(before, counts(app)), ""

  result = LeakingApp.body(app.connect { |http| http.post("/dump", "") })
  puts format("Dumped %<path>s: %<objects>d objects, %<bytes>d bytes, %<seconds>.3f s",
              result.transform_keys(&:to_sym)), ""

  command = ["examples/who_holds.rb", result["path"], CLASS_NAME]
  puts "$ ruby #{command.join(" ")}"
  answer, status = Open3.capture2(RbConfig.ruby, *command)
  puts answer, ""
  status.success? && right?(answer)
end

Dir.chdir(File.expand_path("../..", __dir__))
FileUtils.mkdir_p(DIR)
FileUtils.rm_f([DUMP, LOG])
begin
  puts "Starting Puma with examples/leak/config.ru"
  app = LeakingApp.new(DUMP, LOG)
  success = demonstrated?(app)
ensure
  app&.stop
  warn File.read(LOG) if !success && File.exist?(LOG)
  FileUtils.rm_f(LOG)
end
abort "The dump does not name the holder of the leak." unless success
puts "The dump names the holder of the leak."
