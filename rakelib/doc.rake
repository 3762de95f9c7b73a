# frozen_string_literal: true

# What the public API is, and how it is marked: lib/.document.
desc "Tell what is undocumented in the public API; there must be nothing"
task("doc:coverage") do
  ruby("-S", "rdoc", "--coverage-report=0", "lib", "ext/heapdump/heapdump.c", verbose: false)
end
