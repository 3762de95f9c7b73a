# frozen_string_literal: true

# For Puma: the shop, watched. SHOP_WORKERS and SHOP_PRELOAD say of how many processes it is.
# SHOP_MARKS are shares of the limit, or bytes of each worker. SHOP_PACE is how many seconds pass
# between two looks: memory that is full in half a minute wants a quicker watch than usual.
# HEAPDUMP_DIR and HEAPDUMP_TO say where the dumps go.
bind "tcp://127.0.0.1:0"
environment "production"
threads 4, 4
workers Integer(ENV.fetch("SHOP_WORKERS", "1"))
preload_app! ENV["SHOP_PRELOAD"] == "1"
plugin "heapdump"

marks = ENV.fetch("SHOP_MARKS").split(",")
marks.map!(&:to_f) unless (bytes = marks.any?(/[A-Za-z]/))
pace = Float(ENV.fetch("SHOP_PACE", "1"))
heapdump_watch every: pace, settle: 0, cooldown: 60, at_most: 12 do |on|
  on.memory at: marks, for: pace, of: bytes ? :process : :container
  on.ask file: true
end
