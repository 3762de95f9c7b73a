# frozen_string_literal: true

# Dumps at a signal without a change to the program:
#
#   RUBYOPT=-r/path/to/heapdump/lib/heapdump/auto HEAPDUMP_SIGNAL=USR2 HEAPDUMP_DIR=/var/tmp puma …
#
# Contents of strings are left out unless HEAPDUMP_STRINGS says otherwise. Does nothing where
# HEAPDUMP_SIGNAL is not set. This file is loaded into every Ruby that is started there (bundler,
# rake …): whatever goes wrong here becomes a warning.

unless ENV.fetch("HEAPDUMP_SIGNAL", "").empty?
  begin
    # by its path it can be loaded where the bundle lacks this gem
    $LOAD_PATH << File.dirname(__dir__) unless $LOAD_PATH.include?(File.dirname(__dir__))
    require_relative "integrations/auto"
    HeapDump::Integrations::Auto.start
  rescue StandardError, ScriptError => e
    warn "heapdump: HEAPDUMP_SIGNAL has no effect in process #{Process.pid}: #{e.message}"
  end
end
