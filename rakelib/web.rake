# frozen_string_literal: true

# The script and style of the report, from web/ into lib/heapdump/web/. They need node 20 or later;
# what is built is committed, so that nobody else does.
#
#   rake web            build it
#   rake web:check      check its types, style and tests, and that it is what is committed
#   rake web:screens    pictures of reports, in tmp/screens
NODE = 20 # the oldest version

namespace :web do
  task :packages do
    Dir.chdir("web") do
      sh("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", verbose: false)
    end
  end

  desc "Check the source of the report's script, and that what is committed is built from it"
  task :check do
    next puts("web:check SKIPPED: no node #{NODE} here") unless node?

    next puts("web:check SKIPPED: npm cannot get the packages here") unless packages?

    npm("check")
    npm("test")
    build(File.expand_path("tmp/web"))
    built = Dir.children("tmp/web")
    stale = built.reject { |name| same?("tmp/web/#{name}", "lib/heapdump/web/#{name}") }
    abort "web:check: #{stale.join(", ")} of lib/heapdump/web is not what `rake web` builds" if
      built.empty? || stale.any?
  end

  desc "Write pictures of reports, to be looked at, into tmp/screens"
  task screens: :compile do
    ruby("-Ilib:test:.", "-W0", "test/rounds/screens.rb", verbose: false)
  end
end

desc "Build the script and style of the report"
task web: "web:packages" do
  build(File.expand_path("lib/heapdump/web"))
end

def node?
  version = IO.popen(%w[node --version], err: File::NULL, &:read)
  version[/\d+/].to_i >= NODE
rescue Errno::ENOENT
  false
end

def packages?
  Rake::Task["web:packages"].invoke
  true
rescue RuntimeError
  false
end

def same?(one, other)
  File.file?(other) && File.binread(one) == File.binread(other)
end

def npm(name)
  Dir.chdir("web") { sh("npm", "run", "--silent", name, verbose: false) }
end

def build(directory)
  Dir.chdir("web") { sh("node", "build.mjs", directory, verbose: false) }
end
