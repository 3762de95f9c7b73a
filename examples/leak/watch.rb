# frozen_string_literal: true

# The leaking shop at night: watched, and under a limit of its memory. Visitors come until its
# worker is killed. Ends with status 0 if three dumps of this worker were outside by then, the next
# one has said so, and the dumps name the leak. bin/demo watch prepares all it needs.

require_relative "limited"
require_relative "memory_group"
require_relative "stand_in"
require_relative "verdict"

DIR = File.expand_path("../../tmp/demo-watch", __dir__)
LIMIT = 512 << 20
MARKS = [0.35, 0.45, 0.55].freeze # of the limit
NOTE = 12 << 10 # bytes that stay of each visit, at least

def group
  why = MemoryGroup.missing or return MemoryGroup.new(LIMIT)
  puts "No limit of the memory by the kernel: #{why}.",
       "So this script kills the worker when that has #{LIMIT >> 20} MiB for itself."
  StandIn.new(LIMIT, 1)
end

# Prints lines with the seconds since now, and short names of dumps.
def teller
  start = Visitors.now
  lambda do |line|
    short = line.gsub("#{Dir.pwd}/", "").gsub(%r{\S*/series-[^/\s]+/|series-[^/\s]+/}, "…/")
    puts format("%5.1f s  %s", Visitors.now - start, short)
  end
end

def check(fine, what)
  puts "#{fine ? "ok" : "NO"}  #{what}"
  abort "That is not as it should be; the log is #{DIR}/puma.log" unless fine
end

def night(shop)
  killed = shop.leak
  check(killed, "process #{killed.inspect} was killed")
  check(shop.saved.size >= 3, "#{shop.saved.size} dumps of it were outside before that")
  line = shop.boot_line.to_s
  check(line.include?("(pid #{killed}, ") && line.include?("`heapdump leaks "),
        "the next boot says what happened, and the command for the verdict")
end

$stdout.sync = true
Dir.chdir(File.expand_path("../..", __dir__))
FileUtils.rm_rf(DIR)
FileUtils.mkdir_p(DIR, mode: 0o700)
limited = group
puts "Starting Puma with examples/leak/watched.rb, marks at #{MARKS.join(", ")} of the limit.",
     "Visitors come, and each leaves something in the memory.", ""
begin
  shop = LimitedShop.new(DIR, limited, marks: MARKS, note: NOTE, &teller)
  night(shop)
ensure
  shop&.close
  limited.remove
end
series = File.dirname(shop.saved.first).delete_prefix("#{Dir.pwd}/")
puts "", "In the morning:"
Verdict.tell(series)
check(Verdict.right?(series), "they name the leak, its holder, and the line that it comes from")
