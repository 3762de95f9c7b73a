# frozen_string_literal: true

module HeapDump
  module Testing
    # The growth that tests had when the file was last written: a test fails only if it grows in
    # another way, or faster than that.
    #
    #   ShopTest#test_visit:
    #     e5a7cd3b35c04bf7:
    #       class: Shop::Session
    #       holder: constant Shop::EventBus::SUBSCRIBERS (app/bus.rb:17)
    #       each_run: 1.0
    #
    # With HEAPDUMP_BASELINE=update in the environment no test fails because of growth: what it has
    # is written to the file, and takes the place of what was there of this test.
    class Baseline # :nodoc:
      HEAD = <<~TEXT
        # What grows in tests, and by how much each time that a block runs. A test fails if it grows
        # faster than this, or in another way. `rake heapdump:baseline` writes this file.
      TEXT
      REASON = "the baseline has it"
      private_constant :HEAD, :REASON

      @noted = {}
      class << self
        # The tests that this process has noted.
        attr_reader :noted

        # That of a test, by its name.
        def of(test, runs)
          new(Testing.settings.baseline, test, runs)
        end

        def update?
          ENV.fetch("HEAPDUMP_BASELINE", "") == "update"
        end
      end

      def initialize(path, test, runs)
        @path = path
        @test = test
        @runs = runs
        @entries = Baseline.update? ? {} : read.fetch(test, {})
      end

      # Why growth (Grown) is no fault of the test (String); nil if it is one.
      def reason_for(grown)
        entry = @entries[grown.signature]
        REASON if entry && each_run(grown) <= entry.fetch("each_run")
      end

      # Writes what is accused (Array of Grown) to the file if that is asked for. Returns whether it
      # is.
      def note(accused)
        return false unless Baseline.update?

        exclusively do
          all = read
          before = Baseline.noted[@test] ? all.fetch(@test, {}) : {}
          entries = before.merge(accused.to_h { |grown| [grown.signature, entry(grown)] })
          entries.empty? ? all.delete(@test) : all[@test] = entries
          write(all)
        end
        Baseline.noted[@test] = true
      end

      private

      def entry(grown)
        { "class" => grown.class_name, "holder" => grown.holder, "each_run" => each_run(grown) }
      end

      # By how much it grows each time that the block runs.
      def each_run(grown)
        (grown.growth / ((grown.counts.size - 1) * @runs).to_f).round(3)
      end

      def read
        return {} unless File.exist?(@path)

        require "yaml"
        all = YAML.safe_load_file(@path) || {}
        return all if all.is_a?(Hash) && all.each_value.all? { |entries| entries?(entries) }

        raise ArgumentError, "#{@path} is no baseline; `rake heapdump:baseline` writes one"
      end

      def entries?(entries)
        entries.is_a?(Hash) && entries.each_value.all? do |entry|
          entry.is_a?(Hash) && entry["each_run"].is_a?(Numeric)
        end
      end

      # Several processes may run tests and write at the same time.
      def exclusively
        require "fileutils"
        FileUtils.mkdir_p(File.dirname(@path))
        File.open("#{@path}.lock", File::RDWR | File::CREAT, 0o600) do |lock|
          lock.flock(File::LOCK_EX)
          yield
        end
      end

      def write(all)
        require "yaml"
        written = "#{@path}.#{Process.pid}"
        File.write(written, HEAD + YAML.dump(all.sort.to_h, line_width: -1))
        File.rename(written, @path)
      end
    end
  end
end
