# frozen_string_literal: true

require_relative "lib/heapdump/version"

Gem::Specification.new do |spec|
  spec.name = "heapdump"
  spec.version = HeapDump::VERSION
  spec.authors = ["The heapdump authors"]
  spec.summary = "Dumps the heap of a live Ruby process as JSON lines, with names"
  spec.description = <<~TEXT
    A dump of every object of a running MRI process, one JSON object per line, in which each
    reference has its name: instance variables, hash keys, constants, captured and frame locals.
    For finding memory leaks in production.
  TEXT
  spec.homepage = "https://github.com/heapdump/heapdump"
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"

  spec.metadata = {
    "bug_tracker_uri" => "#{spec.homepage}/issues",
    "changelog_uri" => "#{spec.homepage}/blob/main/CHANGELOG.md",
    "documentation_uri" => "#{spec.homepage}/tree/main/docs",
    "source_code_uri" => spec.homepage,
    "rubygems_mfa_required" => "true"
  }

  # By extension, so that no build product is packed.
  spec.files = Dir.chdir(__dir__) do
    Dir["exe/*", "ext/**/{*.{c,h,rb,md},depend}", "lib/**/*.{rb,xml,erb,html,js,css}",
        "lib/.document", "heapdump.gdb", "sig/**/*.rbs", "docs/**/*.{md,png,svg,json}",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md"].sort
  end
  spec.bindir = "exe"
  spec.executables = spec.files.grep(%r{\Aexe/}) { |path| File.basename(path) }
  spec.extensions = %w[heapdump heapgraph attach].map { |name| "ext/#{name}/extconf.rb" }

  # For machines without libyajl-dev; see ext/heapgraph/extconf.rb.
  spec.add_dependency "libyajl2", "~> 2.1"

  # For `heapdump ui` and HeapDump::Web alone; nothing else loads them. The ranges are wide, because
  # an application that mounts HeapDump::Web has a Rack of its own.
  spec.add_dependency "rack", ">= 2.2", "< 4"
  spec.add_dependency "rackup", ">= 1.0", "< 3"
  spec.add_dependency "webrick", ">= 1.8", "< 2"
end
