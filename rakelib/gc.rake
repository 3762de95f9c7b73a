# frozen_string_literal: true

# The dumper's tests under each GC regime of test/support/gc_regime.rb:
#
#   rake test:gc                       all regimes
#   REGIMES=verify,stress rake test:gc these
#   FILES=test/heapdump/run/test_gc.rb rake test:gc these files (comma between)
#
# The last results stand in docs/proof.md.
module GCRegimes
  NAMES = %w[minor compact auto_compact verify stress].freeze

  # What reads dumps and dumps nothing, or dumps other programs, which no regime reaches.
  ELSEWHERE = %w[gdb layout oracle output parts servers servers_signals].freeze
  # Hundreds of dumps, of which each would take minutes.
  TOO_MANY = %w[capabilities concurrency faults fork laws_rails mutation trigger].freeze
  SLOW = %w[verify stress].freeze

  def self.files(regime)
    return ENV["FILES"].split(",") if ENV["FILES"]

    left_out = ELSEWHERE + (SLOW.include?(regime) ? TOO_MANY : [])
    Dir["test/{heapdump,triggers}/**/test_*.rb"].reject do |file|
      left_out.include?(File.basename(file, ".rb").delete_prefix("test_"))
    end
  end
end

namespace :test do
  desc "Run the dumper's tests under each GC regime"
  task gc: :compile do
    failed = ENV.fetch("REGIMES", GCRegimes::NAMES.join(",")).split(",").reject do |regime|
      files = GCRegimes.files(regime)
      puts "HEAPDUMP_TEST_GC=#{regime}, #{files.size} files"
      load_all = "ARGV.shift(#{files.size}).each { |file| require file }"
      system({ "HEAPDUMP_TEST_GC" => regime }, RbConfig.ruby, "-w", "-Ilib", "-Itest", "-I.", "-e",
             load_all, *files, *ENV.fetch("A", "").split)
    end
    abort "test:gc: failed under #{failed.join(", ")}" if failed.any?
  end
end
