# frozen_string_literal: true

# Dumps at a signal, or when a rule of HeapDump.watch asks for it, without a change to the program:
#
#   RUBYOPT=-r/path/to/heapdump/lib/heapdump/auto HEAPDUMP_SIGNAL=USR2 HEAPDUMP_DIR=/var/tmp puma …
#   RUBYOPT=-r/path/to/heapdump/lib/heapdump/auto HEAPDUMP_WATCH=1 puma …
#
# Contents of strings are left out (at a signal) or replaced by hashes (by the watch) unless
# HEAPDUMP_STRINGS says otherwise. Without these variables this file does nothing. It is loaded into
# every Ruby that is started in such an environment (bundler, rake …), so every error here becomes a
# warning.

{ "HEAPDUMP_SIGNAL" => "auto", "HEAPDUMP_WATCH" => "watching" }.each do |variable, file|
  off = file == "watching" ? /\A(?:0|no|off|false)?\z/i : /\A\z/
  next if ENV.fetch(variable, "").match?(off)

  # This file may be loaded by its path, because the bundle lacks this gem.
  $LOAD_PATH << File.dirname(__dir__) unless $LOAD_PATH.include?(File.dirname(__dir__))
  require_relative "integrations/#{file}"
  if file == "auto"
    HeapDump::Integrations::Auto.start
  else
    # Not at once: Bundler has not yet decided for the versions of gems.
    HeapDump::Integrations::Watching.start(wait: 10)
  end
rescue StandardError, ScriptError => e
  warn "heapdump: #{variable} has no effect in process #{Process.pid}: #{e.message}"
end
