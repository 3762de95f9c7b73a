# frozen_string_literal: true

# HEAPDUMP_PEDANTIC=1 makes every compiler warning an error; the extensions' extconf.rb read it.

require "bundler/gem_tasks"
require "rake/extensiontask"

%w[heapdump heapgraph].each do |name|
  extension = Rake::ExtensionTask.new(name) { |task| task.lib_dir = "lib/heapdump" }

  # A Makefile knows the version and the sources that were there when it was made. A directory is
  # newer than that when one has come or gone since.
  makefile = "#{extension.tmp_dir}/#{extension.platform}/#{name}/#{RUBY_VERSION}/Makefile"
  file makefile => ["lib/heapdump/version.rb", "ext/#{name}", *Dir["ext/#{name}/*/"]]
end
