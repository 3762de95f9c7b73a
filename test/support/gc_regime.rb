# frozen_string_literal: true

# The same suite under six ways of collecting garbage, chosen by HEAPDUMP_TEST_GC:
#
#   normal        as Ruby does by itself (the default)
#   minor         a minor GC before each test and before and after each dump
#   compact       compaction before each test and each dump
#   auto_compact  compaction with every major GC
#   verify        before each test and dump all objects are moved and references verified, after it
#                 the consistency of the heap (slow)
#   stress        GC at every allocation during each dump and count (slow)
#
# It governs the tests' own process and every child (child.rb). A check of MRI's that fails ends
# the process.
module GCRegime
  NAMES = %w[normal minor compact auto_compact verify stress].freeze
  NAME = ENV.fetch("HEAPDUMP_TEST_GC", "normal")
  raise "HEAPDUMP_TEST_GC is one of #{NAMES.join(", ")}" unless NAMES.include?(NAME)

  # What looks at the heap, each call within the regime.
  module Around
    def dump(...)
      GCRegime.around { super }
    end

    def dump_async(...)
      GCRegime.around { super }
    end

    def counts(...)
      GCRegime.around { super }
    end
  end

  class << self
    # The options that let a child begin in the regime of this process.
    def child_options
      NAME == "normal" ? [] : ["-r", "support/gc_regime_in_child"]
    end

    def compaction?
      return @compaction unless @compaction.nil?

      @compaction = GC.respond_to?(:compact) && GC.compact && true
    rescue NotImplementedError
      @compaction = false
    end

    # Once per process, when heapdump is loaded.
    def start
      return if NAME == "normal" || @started

      @started = true
      GC.auto_compact = true if compaction? && NAME == "auto_compact"
      HeapDump.singleton_class.prepend(Around)
    end

    def before
      case NAME
      when "minor" then GC.start(full_mark: false)
      when "compact" then GC.compact if compaction?
      when "verify" then GC.verify_compaction_references(toward: :empty) if compaction?
      end
    end

    def after
      case NAME
      when "minor" then GC.start(full_mark: false)
      when "verify" then GC.verify_internal_consistency
      end
    end

    # While the block runs, dumps are as they are: what is compared must not be moved.
    def suspend
      @suspended = true
      yield
    ensure
      @suspended = false
    end

    # Around one dump or count, which other Ractors are refused.
    def around(&block)
      return yield if @suspended || (defined?(Ractor) && Ractor.current != Ractor.main)

      before
      stress(&block).tap { after }
    end

    private

    def stress
      GC.stress = true if NAME == "stress"
      yield
    ensure
      GC.stress = false if NAME == "stress"
    end
  end
end
