# frozen_string_literal: true

require "zlib"
require_relative "pprof/protobuf"

module HeapDump
  # A profile for pprof and what reads its files (github.com/google/pprof, proto/profile.proto):
  # some values for each stack and class. The class is a label, so that
  # <tt>pprof -tagfocus</tt> finds it.
  class Pprof # :nodoc:
    # The fields of the messages.
    PROFILE = { sample_type: 1, sample: 2, location: 4, function: 5, strings: 6, time: 9,
                duration: 10, period_type: 11, period: 12, default: 14 }.freeze
    MOST = (1 << 63) - 1 # of a value
    private_constant :PROFILE, :MOST

    # +samples+:: each with a +stack+, a +class_name+ and +values+, which +types+ names: pairs of a
    #             type and a unit
    # +default+:: the type that is shown first
    # +more+::    other fields of the profile: +duration+ in nanoseconds, +period+ in bytes
    def initialize(samples, types:, default:, **more)
      @samples = samples
      @types = types
      @default = default
      @more = more
      @strings = { "" => 0 }
      @functions = {}
      @locations = {}
    end

    # The file (binary String).
    def to_s
      Zlib.gzip(profile.bytes)
    end

    private

    def profile
      file = Protobuf.new
      @types.each { |words| file.text(PROFILE[:sample_type], value_type(*words)) }
      @samples.each { |sample| file.text(PROFILE[:sample], sample_of(sample)) }
      file.number(PROFILE[:duration], @more.fetch(:duration, 0))
          .number(PROFILE[:default], string(@default))
      add_period(file) if @more[:period]
      add_code(file)
    end

    def add_period(file)
      file.text(PROFILE[:period_type], value_type("space", "bytes"))
          .number(PROFILE[:period], @more[:period])
    end

    # What the samples name: last, when all names are known.
    def add_code(file)
      @locations.each { |frame, id| file.text(PROFILE[:location], location(frame, id)) }
      @functions.each { |key, id| file.text(PROFILE[:function], function(*key, id)) }
      @strings.each_key { |text| file.text(PROFILE[:strings], text) }
      file
    end

    def string(text)
      @strings[text] ||= @strings.size
    end

    def value_type(type, unit)
      Protobuf.new.number(1, string(type)).number(2, string(unit))
    end

    # The frame that allocates is the first one.
    def sample_of(sample)
      frames = sample.stack.reverse.map { |frame| @locations[frame] ||= @locations.size + 1 }
      Protobuf.new.numbers(1, frames)
              .numbers(2, sample.values.map { |value| [value, MOST].min })
              .text(3, Protobuf.new.number(1, string("class"))
                               .number(2, string(sample.class_name)))
    end

    def location(frame, id)
      function = @functions[[frame.name, frame.path]] ||= @functions.size + 1
      line = Protobuf.new.number(1, function).number(2, frame.line)
      Protobuf.new.number(1, id).text(4, line)
    end

    # It has no name of the system: if that is the same as the name, pprof takes both for C++, and
    # removes what is between < and >, as all of "<main>".
    def function(name, path, id)
      Protobuf.new.number(1, id).number(2, string(name)).number(4, string(path))
    end
  end
  private_constant :Pprof
end
