# frozen_string_literal: true

require "heapdump"
require_relative "gc_regime"

GCRegime.start
