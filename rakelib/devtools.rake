# frozen_string_literal: true

# What `heapdump convert --to heapsnapshot` writes, in the hands of those who read it: the worker of
# Chrome DevTools and memlab, both from npm, have to find the same retained sizes as this gem, and
# the same differences between dumps of a process as its addresses tell.
#
#   rake devtools
#
# Needs node and npm, and a network the first time: the packages (about 200 MB) go to tmp/devtools.
desc "Read heap snapshots with Chrome DevTools and memlab, and compare"
task devtools: :compile do
  directory = File.expand_path("tmp/devtools")
  mkdir_p(directory, verbose: false)
  cp(Dir["test/devtools/*.{json,mjs,cjs}"], directory, verbose: false)
  Dir.chdir(directory) do
    sh("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", verbose: false)
    sh("node", "build.mjs", verbose: false)
  end
  ruby("-Ilib:test:.", "-w", "test/devtools/run.rb", directory, verbose: false)
end
