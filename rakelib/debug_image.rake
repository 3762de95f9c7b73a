# frozen_string_literal: true

# rake debug_image                       for this Ruby, and those of the Debian roots of the matrix
# MATRIX=trixie,musl rake debug_image    for the Rubies of these places ("" for none)
# MATRIX_RUBY=/opt/ruby-4.0/bin/ruby     for this one as well (colon between several)
# DEBUG_IMAGE=/srv/image                 where to (default: pkg/debug_image)
#
# docs/kubernetes.md says what the folder is for. A place that cannot be made is SKIPPED; the task
# fails if nothing could be built in one that can be made.

desc "Make a folder with extensions for many Rubies, for a debug image"
task :debug_image do
  require_relative "debug_image/folder"
  $stdout.sync = true
  folder = DebugImage::Folder.new(ENV.fetch("DEBUG_IMAGE", "pkg/debug_image"))
  folder.copy_library
  folder.build_here
  places = matrix_roots
  places += ENV.fetch("MATRIX_RUBY", "").split(":").map { |ruby| Matrix::LocalRuby.new(ruby) }
  places.each { |place| folder.build_in(place) }
  puts folder.list
  abort "debug_image: failed" unless folder.whole?
end
