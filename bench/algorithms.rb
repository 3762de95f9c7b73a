# frozen_string_literal: true

# How fast the reader's algorithms are, on graphs that bench/algorithms.c makes:
#
#   ruby bench/algorithms.rb            10 million objects
#   ruby bench/algorithms.rb 1000000    as many as that
#
# heap      like that of a Ruby program, 2.1 edges per object and its class
# list      one list, linked both ways: the deepest there is
# wide      hashes with a million entries
# anywhere  three edges from each object to any other: nothing is near anything
#
# The best of three rounds (one for the last), in seconds of a processor; M/s are millions of nodes
# in one.

require "rbconfig"
require "tmpdir"

root = File.expand_path("..", __dir__)
modules = %w[array chunk detours dominators groups inverse list numbering paths semi_nca slots
             steps]
sources = ["bench/algorithms.c", "test/heapgraph/builder.c",
           *Dir["ext/heapgraph/*/{#{modules.join(",")}}.c", base: root]]
Dir.mktmpdir do |dir|
  binary = File.join(dir, "algorithms")
  compiler = ENV.fetch("CC") { RbConfig::CONFIG.fetch("CC")[/\S+/] }
  system(compiler, "-std=gnu11", "-D_GNU_SOURCE", "-O3", "-I#{root}/ext/heapgraph",
         "-I#{root}/test/heapgraph", *sources.map { |path| File.join(root, path) }, "-o", binary,
         exception: true)
  system(binary, *ARGV, exception: true)
end
