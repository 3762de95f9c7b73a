# frozen_string_literal: true

require "open3"
require "tmpdir"

module Layout
  # The sources of a Ruby that was built in their own directory, and where its structs have what
  # the dumper reads.
  class Source
    PROGRAMS = File.expand_path("../../test/support/layout", __dir__)
    EXT = File.expand_path("../../ext/heapdump", __dir__)
    FLAGS = %w[-std=gnu11 -D_GNU_SOURCE -w -O0].freeze

    # A layout.c that knows this Ruby alone. How weak maps are built is no offset.
    ONE_LAYOUT = <<~C
      #include "mri/layout.h"
      static const struct hd_layout layout = %s;
      const struct hd_layout *hd_layout(void) { return &layout; }
    C
    private_constant :PROGRAMS, :EXT, :FLAGS, :ONE_LAYOUT

    def initialize(directory)
      config = Dir["#{directory}/.ext/include/*-*/ruby/config.h"].first or
        raise ArgumentError, "no Ruby was built in #{directory}: " \
                             "there is no .ext/include/*/ruby/config.h"
      @includes = ["-I#{directory}", "-I#{directory}/include",
                   "-I#{config.delete_suffix("/ruby/config.h")}"]
    end

    # The line of layout.c. What no number says is a question mark.
    def line
      @line ||= Dir.mktmpdir { |room| printed(room, ["#{PROGRAMS}/line.c"], fiber_context(room)) }
    end

    # The offsets in layout.h: name, offset there, offset of this Ruby.
    def offsets
      Dir.mktmpdir do |room|
        one = "#{room}/one.c"
        File.write(one, format(ONE_LAYOUT, line.strip.delete_suffix(",").sub("?", "0")))
        printed(room, [one, "#{PROGRAMS}/probe.c"]).lines.map do |offset|
          name, ours, theirs = offset.split
          [name, Integer(ours), Integer(theirs)]
        end
      end
    end

    # Those that have changed.
    def moved
      offsets.reject { |_, ours, theirs| ours == theirs }
    end

    private

    def printed(room, sources, *arguments)
      compile("-o", "#{room}/program", *sources)
      IO.popen(["#{room}/program", *arguments], &:read)
    end

    # No header of MRI has this struct, so an array is as large as the offset.
    def fiber_context(room)
      compile("-c", "-o", "#{room}/fiber.o", "#{PROGRAMS}/fiber.c")
      output, = Open3.capture2("nm", "-S", "#{room}/fiber.o")
      output[/^\h+ (\h+) \w saved_context$/, 1].hex.to_s
    end

    def compile(*arguments)
      output, status = Open3.capture2e("cc", *FLAGS, *@includes, "-I#{EXT}", *arguments)
      raise "cc: #{output}" unless status.success?
    end
  end
end
