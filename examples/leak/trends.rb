# frozen_string_literal: true

# A worker of the leaking shop is dumped ten times while it serves requests, and `heapdump trends`
# says what of it leaks, what fills up, and what goes up and down. Ends with status 0 if that is
# right. bin/demo trends prepares all it needs.

require "fileutils"
require "json"
require_relative "verdict"

DIR = File.expand_path("../../tmp/demo-trends", __dir__)
REQUESTS = 250 # from dump to dump
DUMPS = 10

# What `heapdump trends` says of the dumps (Hash).
def found
  answer, = Open3.capture2(*Verdict::HEAPDUMP, "trends", "--json", DIR)
  JSON.parse(answer).fetch("series").first
end

def verdicts(series, class_name)
  lines = series.fetch("lines").select do |line|
    line["kind"] == "way" && line["class"] == class_name
  end
  lines.map { |line| line["verdict"] }.uniq
end

def check(fine, what)
  puts "#{fine ? "ok" : "NO"}  #{what}"
  abort "That is not as it should be; the dumps are in #{DIR}" unless fine
end

$stdout.sync = true
Dir.chdir(File.expand_path("../..", __dir__))
FileUtils.rm_rf(DIR)
FileUtils.mkdir_p(DIR, mode: 0o700)
puts "A worker of the shop serves requests, and is dumped #{DUMPS} times, each time after at " \
     "least #{REQUESTS} of them."
worker = [RbConfig.ruby, "-Ilib", File.join(__dir__, "day.rb"), DIR, REQUESTS.to_s, DUMPS.to_s]
abort "The worker has failed." unless system(*worker)
puts "", "$ heapdump trends #{DIR.delete_prefix("#{Dir.pwd}/")}"
system(*Verdict::HEAPDUMP, "trends", "--limit", "12", DIR)
puts ""
series = found
check(series["leaks"].map { |leak| leak["class"] } == [Verdict::CLASS_NAME],
      "#{Verdict::CLASS_NAME} leaks, and nothing else")
check(verdicts(series, "Shop::Prices::Price") == ["slow dynamic"], "the cache of prices fills up")
check(!verdicts(series, "Shop::Cart").include?("leak"), "carts come and go")
