# frozen_string_literal: true

# One reading of bench/analyze.rb.

require "heapy"

Heapy::Analyzer.new(ARGV[0]).analyze
