# frozen_string_literal: true

require_relative "../pprof"
require_relative "../terminal"
require_relative "../whole_file"

module HeapDump
  class Sampling
    # Where the objects that live come from, estimated from the samples among them. Frozen.
    #
    #   profile = HeapDump.sampling.profile
    #   profile.bytes                        # => 183500800
    #   profile.by(:location).first.to_h
    #   # => {key: "/srv/cart.rb:12", samples: 81, objects: 1061683, objects_error: 117964, …}
    class Profile
      # How rows are grouped.
      BY = %i[gem file location method class].freeze
      TYPES = [%w[inuse_objects count], %w[inuse_space bytes]].freeze
      LINES = 10 # of a grouping in the text
      private_constant :TYPES, :LINES

      # An estimate for objects that have +key+ (String) in common: from how many +samples+, how
      # many +objects+ and +bytes+ they are, and the standard errors of both (Integers). Bytes are
      # memsizes at the time of the profile: what a string or array has grown to is counted.
      Row = Struct.new(:key, :samples, :objects, :objects_error, :bytes, :bytes_error)

      # A living sample: the frames from the outermost to the one that allocates, the size of its
      # slot at birth, and its bytes now.
      Sample = Struct.new(:stack, :class_name, :slot, :bytes) do # :nodoc:
        # The innermost frame of Ruby: methods in C have no place.
        def frame
          stack.reverse_each.find { |one| !one.path.empty? } || stack.last
        end
      end
      # A place of code.
      Frame = Struct.new(:path, :line, :label) do # :nodoc:
        def location
          path.empty? ? "(no file)" : "#{path}:#{line}"
        end

        def name
          label || location
        end
      end
      # The samples of one stack and class, for pprof.
      Sum = Struct.new(:stack, :class_name, :objects, :bytes) do # :nodoc:
        def values
          [objects, bytes]
        end
      end
      private_constant :Sample, :Frame, :Sum

      # Slot bytes between two samples, on average (Integer).
      attr_reader :every

      def initialize(counted, every) # :nodoc:
        @every = every
        @weighing = Weighing.new(every)
        @frames = counted[:places].map do |path, line, method|
          Frame.new(text(path), line, method && text(method)).freeze
        end
        @stacks = counted[:stacks]
        @samples = read(counted).freeze
        @total = row("all", @samples)
        @stacks = nil
        freeze
      end

      # How many samples live (Integer).
      def samples
        @samples.size
      end

      # The estimated number and bytes of all living objects that were allocated since the start,
      # without what MRI makes for itself (Integer), and the standard errors of both.
      def objects = @total.objects
      def bytes = @total.bytes
      def objects_error = @total.objects_error
      def bytes_error = @total.bytes_error

      # The rows of one grouping (Array of Row), those with most bytes first: +:gem+, +:file+,
      # +:location+ ("app.rb:12"), +:method+ or +:class+. Raises ArgumentError for another.
      #
      #   profile.by(:class).first.key # => "String"
      def by(grouping)
        unless BY.include?(grouping)
          raise ArgumentError, "by: must be one of #{BY.map(&:inspect).join(", ")}, " \
                               "not #{grouping.inspect}"
        end

        rows = @samples.group_by { |sample| key(grouping, sample) }
                       .map { |key, samples| row(key, samples) }
        rows.sort_by { |row| [-row.bytes, -row.objects, row.key] }
      end

      # A profile for pprof, compressed (binary String): +inuse_objects+ and +inuse_space+ by stack
      # and class, already multiplied by what a sample stands for.
      #
      #   File.binwrite("heap.pb.gz", profile.to_pprof)
      def to_pprof
        sums = @samples.group_by { |sample| [sample.stack, sample.class_name] }
                       .map do |(stack, name), samples|
          all = row(nil, samples)
          Sum.new(stack, name, all.objects, all.bytes)
        end
        Pprof.new(sums, types: TYPES, default: "inuse_space", period: @every).to_s
      end

      # Writes the profile for pprof to a file that its owner alone can read, in place of one that
      # is there. Returns nil. Raises SystemCallError if it cannot be written.
      #
      #   profile.write("heap.pb.gz")
      def write(path)
        WholeFile.write(File.path(path), to_pprof)
        nil
      end

      # The greatest rows by location and by class, as text (String).
      def to_s
        lines = ["#{samples} samples live, one in #{@every} bytes of slots: about " \
                 "#{objects} ± #{objects_error} objects, #{size(bytes)} ± #{size(bytes_error)}"]
        %i[location class].each { |grouping| lines.concat(table(grouping)) }
        "#{lines.join("\n")}\n"
      end

      # Prints the same. Returns nil.
      def puts(out = $stdout)
        out.puts(to_s)
      end

      def inspect # :nodoc:
        "#<#{self.class} #{samples} samples, about #{bytes} bytes>"
      end

      private

      def text(bytes)
        Terminal::Text.valid(bytes)
      end

      def read(counted)
        names = counted[:classes].transform_values do |name, internal|
          [name.empty? ? "(class without a name)" : text(name), internal]
        end
        stacks = Hash.new { |all, site| all[site] = stack(site).freeze }
        words = counted[:survivors].unpack("QQL4" * (counted[:survivors].bytesize / 32))
        words.each_slice(6).filter_map do |_address, bytes, slot, site, klass|
          name, internal = names.fetch(klass)
          Sample.new(stacks[site], name, slot, bytes).freeze unless internal
        end
      end

      def stack(site)
        return [@frames.fetch(site)] unless @stacks

        frames = []
        while site
          site, place = @stacks.fetch(site)
          frames.unshift(@frames.fetch(place))
        end
        frames
      end

      def row(key, samples)
        Row.new(key, samples.size, *@weighing.sum(samples.map { |one| [one.slot, 1] }),
                *@weighing.sum(samples.map { |one| [one.slot, one.bytes] })).freeze
      end

      def key(grouping, sample)
        frame = sample.frame
        case grouping
        when :class then sample.class_name
        when :location then frame.location
        when :file then frame.path.empty? ? "(no file)" : frame.path
        when :gem then Snapshot::Places.gem_of(frame.path)
        else frame.label || "(no method)"
        end
      end

      def table(grouping)
        rows = by(grouping)
        shown = rows.first(LINES).map do |row|
          format("%<bytes>12s ± %<error>-10s %<samples>6d samples  %<key>s",
                 bytes: size(row.bytes), error: size(row.bytes_error), samples: row.samples,
                 key: Terminal::Text.safe(row.key))
        end
        ["", "By #{grouping}", *shown,
         *("#{rows.size - LINES} more" if rows.size > LINES)]
      end

      def size(bytes)
        Terminal::Units.bytes(bytes)
      end
    end
  end
end
