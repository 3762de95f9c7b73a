# frozen_string_literal: true

module HeapDump
  module Testing
    # What holds for all tests, unless one of them says otherwise.
    #
    #   HeapDump::Testing.configure do |settings|
    #     settings.warmup = 2
    #     settings.ignore(ActionMailer::Base => "deliveries are kept for assertions")
    #   end
    class Settings
      # Whether dumps are made if HEAPDUMP_TESTS is not set (default false).
      attr_accessor :enabled
      # How often a block runs before the first dump (default 1), how often between two dumps
      # (default 2), and the most dumps (default 5).
      attr_accessor :warmup, :loops, :dumps
      # How much of the contents of strings dumps have, as for HeapDump.dump (default +:none+).
      attr_accessor :strings
      # How many directories of dumps are kept (default 10), and for how many days (default 14).
      attr_accessor :keep, :keep_days
      # The directory in which dumps of tests that fail are kept (default HEAPDUMP_TESTS_DIR of the
      # environment, else tmp/heapdump); an absolute path.
      attr_reader :directory
      # The file with signatures of known leaks, each with a reason (default leaks.txt in test/ or
      # spec/), and that with the growth that tests had when it was last written (default
      # heap_baseline.yml there); absolute paths.
      attr_reader :known, :baseline
      # What is ignored in all tests (Ignored).
      attr_reader :ignored # :nodoc:

      def initialize # :nodoc:
        @enabled = false
        @warmup = 1
        @loops = 2
        @dumps = 5
        @strings = :none
        @keep = 10
        @keep_days = 14
        @ignored = Ignored.new(Ignored::FRAMEWORKS)
        self.directory = ENV.fetch("HEAPDUMP_TESTS_DIR", "tmp/heapdump")
        self.known = beside_tests("leaks.txt")
        self.baseline = beside_tests("heap_baseline.yml")
      end

      # Sets #directory. A relative path is resolved at once.
      def directory=(path)
        @directory = File.expand_path(path)
      end

      # Sets #known, likewise.
      def known=(path)
        @known = File.expand_path(path)
      end

      # Sets #baseline, likewise.
      def baseline=(path)
        @baseline = File.expand_path(path)
      end

      # Adds to what is ignored in all tests: classes, holders or signatures, each with a reason.
      # Returns nil. Raises ArgumentError for one without a reason.
      #
      #   settings.ignore("Shop::Log::ENTRIES" => "it is cut at midnight")
      def ignore(things)
        @ignored = @ignored.and(things)
        nil
      end

      private

      def beside_tests(name)
        folder = %w[test spec].find { |one| File.directory?(one) } || "test"
        File.join(folder, name)
      end
    end
  end
end
