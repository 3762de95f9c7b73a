# frozen_string_literal: true

# Dumps at a signal without a change to the program:
#
#   RUBYOPT=-r/path/to/heapdump/lib/heapdump/auto HEAPDUMP_SIGNAL=USR2 HEAPDUMP_DIR=/var/tmp puma …
#
# Contents of strings are left out unless HEAPDUMP_STRINGS says otherwise. Without HEAPDUMP_SIGNAL
# this file does nothing. It is loaded into every Ruby that is started in such an environment
# (bundler, rake …), so every error here becomes a warning.

unless ENV.fetch("HEAPDUMP_SIGNAL", "").empty?
  begin
    # This file may be loaded by its path, because the bundle lacks this gem.
    $LOAD_PATH << File.dirname(__dir__) unless $LOAD_PATH.include?(File.dirname(__dir__))
    require_relative "integrations/auto"
    HeapDump::Integrations::Auto.start
  rescue StandardError, ScriptError => e
    warn "heapdump: HEAPDUMP_SIGNAL has no effect in process #{Process.pid}: #{e.message}"
  end
end
