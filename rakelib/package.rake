# frozen_string_literal: true

# The gem as its users get it:
#
#   rake package          builds it, installs it into an empty directory, and uses it
#   rake package:debian   the same in clean roots of Debian 12 and 13, as a user without rights,
#                         with libyajl-dev and without (takes minutes; ROOTS=bookworm for one)
#
# What the gem needs, and Puma, are taken from what Bundler has fetched.

require "tmpdir"
require_relative "package/clean_root"

desc "Build the gem, install it into an empty GEM_HOME and use it"
task package: :build do
  yajl = File.exist?("/usr/include/yajl/yajl_parse.h") ? "system" : "gem"
  Dir.mktmpdir("heapdump-package") do |directory|
    FileUtils.cp(gems_of_package, directory)
    Bundler.with_unbundled_env { ruby("rakelib/package/check.rb", directory, yajl) }
  end
end

desc "The same in clean Debian roots"
task "package:debian" => :build do
  ENV.fetch("ROOTS", "bookworm,trixie").split(",").each do |release|
    puts "== package: #{release}"
    root = CleanRoot.new(release, gems_of_package)
    root.prepare
    root.check
  rescue Matrix::Skip => e
    puts "SKIPPED #{release}: #{e.message}"
  end
end

def gems_of_package
  require_relative "../lib/heapdump/version"
  needed = %w[libyajl2 rack rackup webrick puma nio4r].map do |name|
    Gem.loaded_specs[name]&.cache_file || Gem::Specification.find_by_name(name).cache_file
  end
  [*needed, File.expand_path("pkg/heapdump-#{HeapDump::VERSION}.gem")]
end
