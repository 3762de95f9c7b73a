# frozen_string_literal: true

# HEAPDUMP_PEDANTIC=1 makes every compiler warning an error; the extension's extconf.rb reads it.

require "bundler/gem_tasks"
require "rake/extensiontask"

Rake::ExtensionTask.new("heapdump") { |task| task.lib_dir = "lib/heapdump" }
