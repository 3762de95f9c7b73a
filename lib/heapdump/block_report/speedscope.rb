# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Flame graphs for https://www.speedscope.app, of all runs together: what was allocated and what
    # of it lives, in bytes and in objects. The class is the last frame of each stack.
    class Speedscope # :nodoc:
      SCHEMA = "https://www.speedscope.app/file-format-schema.json"
      PROFILES = { "allocated bytes" => %i[bytes bytes], "allocated objects" => %i[objects none],
                   "living bytes" => %i[alive_bytes bytes],
                   "living objects" => %i[alive none] }.freeze
      private_constant :SCHEMA, :PROFILES

      def initialize(report, samples)
        @report = report
        @samples = samples.to_a
        @frames = {}
      end

      # The file (String).
      def to_s
        profiles = PROFILES.map { |name, (value, unit)| profile(name, value, unit) }
        file = { "$schema" => SCHEMA, "name" => @report.label, "activeProfileIndex" => 0,
                 "exporter" => "heapdump #{VERSION}",
                 "shared" => { "frames" => @frames.keys }, "profiles" => profiles }
        "#{Terminal::Json.compact(file)}\n"
      end

      private

      def profile(name, value, unit)
        samples = @samples.select { |sample| sample[value].positive? }
        weights = samples.map { |sample| sample[value] }
        { "type" => "sampled", "name" => name, "unit" => unit.to_s, "startValue" => 0,
          "endValue" => weights.sum, "samples" => samples.map { |sample| stack(sample) },
          "weights" => weights }
      end

      def stack(sample)
        frames = sample.stack.map do |frame|
          { "name" => frame.name, "file" => frame.path, "line" => frame.line }
        end
        [*frames, { "name" => sample.class_name }].map { |frame| @frames[frame] ||= @frames.size }
      end
    end
    private_constant :Speedscope
  end
end
