# frozen_string_literal: true

# HEAPDUMP_PEDANTIC=1 makes every compiler warning an error; the extensions' extconf.rb read it.

require "bundler/gem_tasks"
require "rake/extensiontask"

%w[heapdump heapgraph].each do |name|
  Rake::ExtensionTask.new(name) { |task| task.lib_dir = "lib/heapdump" }
end
