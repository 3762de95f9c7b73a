# frozen_string_literal: true

# The same suite under six ways of collecting garbage, chosen by HEAPDUMP_TEST_GC:
#
#   normal        as Ruby does by itself (the default)
#   minor         a minor GC before each test and each dump
#   compact       compaction before each test and each dump
#   auto_compact  compaction with every major GC
#   verify        consistency of the heap verified after each dump (slow)
#   stress        GC at every allocation around each dump (slow)
module GCRegime
  NAMES = %w[normal minor compact auto_compact verify stress].freeze
  NAME = ENV.fetch("HEAPDUMP_TEST_GC", "normal")
  raise "HEAPDUMP_TEST_GC is one of #{NAMES.join(", ")}" unless NAMES.include?(NAME)

  def self.compaction?
    GC.respond_to?(:compact) && GC.compact && true
  rescue NotImplementedError
    false
  end

  # Once per process: objects lie then where no cached address expects them.
  def self.start
    return unless compaction?

    GC.auto_compact = true if NAME == "auto_compact"
  end

  def self.before
    case NAME
    when "minor" then GC.start(full_mark: false)
    when "compact" then GC.compact if compaction?
    end
  end

  def self.after
    GC.verify_internal_consistency if NAME == "verify"
  end

  # Around one dump.
  def self.around
    before
    GC.stress = true if NAME == "stress"
    yield
  ensure
    GC.stress = false if NAME == "stress"
    after
  end
end
