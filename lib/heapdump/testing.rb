# frozen_string_literal: true

require_relative "../heapdump"

module HeapDump
  # What tests need that fail when something leaks, whichever framework runs them.
  # HeapDump::Minitest and HeapDump::RSpec have the assertions and matchers.
  #
  #   HeapDump::Testing.configure do |settings|
  #     settings.directory = "tmp/heapdump"
  #   end
  #
  # A block of a test runs again and again, with dumps in between. What each dump has more of than
  # the dump before, held in the same way, grows. The dumps are read in a forked process, so that
  # nothing of the reader remains in the process that is tested.
  module Testing
    autoload :Alone, "#{__dir__}/testing/alone"
    autoload :Apart, "#{__dir__}/testing/apart"
    autoload :Baseline, "#{__dir__}/testing/baseline"
    autoload :Births, "#{__dir__}/testing/births"
    autoload :Collected, "#{__dir__}/testing/collected"
    autoload :Comparison, "#{__dir__}/testing/comparison"
    autoload :Cost, "#{__dir__}/testing/cost"
    autoload :Demand, "#{__dir__}/testing/demand"
    autoload :Entries, "#{__dir__}/testing/entries"
    autoload :EveryStep, "#{__dir__}/testing/every_step"
    autoload :Folder, "#{__dir__}/testing/folder"
    autoload :Grown, "#{__dir__}/testing/grown"
    autoload :Growth, "#{__dir__}/testing/growth"
    autoload :Ignored, "#{__dir__}/testing/ignored"
    autoload :Judged, "#{__dir__}/testing/judged"
    autoload :Known, "#{__dir__}/testing/known"
    autoload :Limit, "#{__dir__}/testing/limit"
    autoload :Lives, "#{__dir__}/testing/lives"
    autoload :Living, "#{__dir__}/testing/living"
    autoload :Loop, "#{__dir__}/testing/loop"
    autoload :PathLines, "#{__dir__}/testing/path_lines"
    autoload :Plan, "#{__dir__}/testing/plan"
    autoload :Rounds, "#{__dir__}/testing/rounds"
    autoload :Settings, "#{__dir__}/testing/settings"
    autoload :Story, "#{__dir__}/testing/story"

    class << self
      # The Settings.
      #
      #   HeapDump::Testing.settings.dumps # => 5
      def settings
        @settings ||= Settings.new
      end

      # Yields the Settings, to be changed. Returns nil.
      #
      #   HeapDump::Testing.configure { |settings| settings.warmup = 2 }
      def configure
        yield settings
        nil
      end

      # Whether dumps are made: if HEAPDUMP_TESTS is "1" in the environment. What is set there
      # decides before Settings#enabled.
      #
      #   HeapDump::Testing.on? # => false
      def on?
        given = ENV.fetch("HEAPDUMP_TESTS", "")
        given.empty? ? settings.enabled : given != "0"
      end

      # A text with the files of this project as seen from its directory.
      def here(text) # :nodoc:
        text.gsub("#{Dir.pwd}/", "")
      end

      # What a test says that is skipped.
      def off_words # :nodoc:
        "heap dumps are off in tests: HEAPDUMP_TESTS=1 turns them on"
      end
    end
  end
end
