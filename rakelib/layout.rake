# frozen_string_literal: true

# rake layout SOURCE=/src/ruby    the line of ext/heapdump/mri/layout.c for the Ruby that was built
#                                 in the directory of its own sources, and which of the offsets that
#                                 are the same in all versions (layout.h) are others there
#
# docs/architecture.md says what to do with it.

require_relative "layout/source"

desc "Print the line of layout.c for a Ruby (SOURCE=…: where it was built), and what else moved"
task :layout do
  directory = ENV.fetch("SOURCE", nil) or
    abort "layout: name the directory in which Ruby was built: SOURCE=DIR"
  begin
    source = Layout::Source.new(directory)
  rescue ArgumentError => e
    abort "layout: #{e.message}"
  end
  puts source.line
  source.moved.each do |name, ours, theirs|
    puts "    layout.h has #{ours} for #{name}, there it is #{theirs}"
  end
end
