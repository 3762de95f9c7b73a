# frozen_string_literal: true

# rake layout SOURCE=/src/ruby    the line of ext/heapdump/mri/layout.c for the Ruby that was built
#                                 in the directory of its own sources
#
# docs/architecture.md says what to do with it.

require "tmpdir"

desc "Print the line of layout.c for a Ruby (SOURCE=…: where it was built)"
task :layout do
  source = ENV.fetch("SOURCE", nil) or
    abort "layout: name the directory in which Ruby was built: SOURCE=DIR"
  config = Dir["#{source}/.ext/include/*-*/ruby/config.h"].first or
    abort "layout: no Ruby was built in #{source}: there is no .ext/include/*/ruby/config.h"
  line = Dir.mktmpdir do |directory|
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-w", "-O0", "-I#{source}", "-I#{source}/include",
             "-I#{config.delete_suffix("/ruby/config.h")}"]
    object = "#{directory}/fiber.o"
    sh("cc", *flags, "-c", "-o", object, "test/support/layout/fiber.c", verbose: false)
    sizes = `nm -S #{object}`
    fiber = sizes[/^\h+ (\h+) \w saved_context$/, 1].hex
    sh("cc", *flags, "-o", "#{directory}/line", "test/support/layout/line.c", verbose: false)
    IO.popen(["#{directory}/line", fiber.to_s], &:read)
  end
  puts line
end
