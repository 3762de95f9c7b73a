# frozen_string_literal: true

# HEAPDUMP_PEDANTIC=1 makes every compiler warning an error, HEAPDUMP_CHECK=1 makes the dumper check
# its contracts as it runs (ext/heapdump/base/check.h); the extensions' extconf.rb read them.

require "bundler/gem_tasks"
require "etc"
require "rake/extensiontask"

# Another choice than the last time makes the Makefiles anew.
BUILD_CHOICES = "tmp/build_choices"
choices = %w[HEAPDUMP_PEDANTIC HEAPDUMP_CHECK].map do |name|
  "#{name}=#{ENV.fetch(name, nil)}"
end.join(" ")
unless File.exist?(BUILD_CHOICES) && File.read(BUILD_CHOICES) == choices
  FileUtils.mkdir_p(File.dirname(BUILD_CHOICES))
  File.write(BUILD_CHOICES, choices)
end

# As many compilers as there are processors.
ENV["MAKEFLAGS"] ||= "-j#{Etc.nprocessors}"

%w[heapdump heapgraph].each do |name|
  extension = Rake::ExtensionTask.new(name) do |task|
    task.lib_dir = "lib/heapdump"
    task.source_pattern = "**/*.{c,h}"
  end

  # A Makefile knows the version and the sources that were there when it was made. A directory is
  # newer than that when one has come or gone since.
  makefile = "#{extension.tmp_dir}/#{extension.platform}/#{name}/#{RUBY_VERSION}/Makefile"
  file makefile => [BUILD_CHOICES, "lib/heapdump/version.rb", "ext/#{name}",
                    *Dir["ext/#{name}/{*/,extconf.rb,depend}"]]
end

# A program, which rake-compiler does not know.
attach = "tmp/#{RUBY_PLATFORM}/attach/#{RUBY_VERSION}"
directory attach
CLOBBER.include("lib/heapdump/attach")

file "#{attach}/Makefile" => [attach, BUILD_CHOICES, "ext/attach", "ext/attach/extconf.rb"] do
  extconf = Pathname.new("ext/attach/extconf.rb").expand_path
  ruby extconf.relative_path_from(Pathname.new(attach).expand_path).to_s, chdir: attach
end

desc "Compile attach"
task "compile:attach" => "#{attach}/Makefile" do
  sh "make", "install", "sitearchdir=#{File.expand_path("lib")}", chdir: attach
end

task compile: "compile:attach"
