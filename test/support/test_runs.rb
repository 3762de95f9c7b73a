# frozen_string_literal: true

require "json"
require "test_helper"

# Runs tests in processes of their own, as people do.
module TestRuns
  # The gems that a test framework needs; without RubyGems, so that the heap is small.
  FRAMEWORKS = {
    minitest: %w[minitest minitest-parallel_fork],
    rspec: %w[rspec-core rspec-expectations rspec-mocks rspec-support diff-lcs]
  }.freeze

  def ruby(*arguments, framework: :minitest, env: {}, timeout: 300)
    names = FRAMEWORKS.fetch(framework)
    paths = names.flat_map { |name| Gem::Specification.find_by_name(name).full_require_paths }
    flags = [*Child::LOAD_PATHS, *paths].flat_map { |path| ["-I", path] }
    bare = Child::BUNDLER.to_h { |name| [name, nil] }
    set = { "HEAPDUMP_TESTS" => "1", "HEAPDUMP_TESTS_DIR" => kept, **bare, **env }
    Child.run(set, *Child::RUBY, "-W0", "--disable-gems", *flags, *arguments,
              timeout: timeout, chdir: scratch)
  end

  # A program of this text, in the directory in which it runs.
  def program(name, text)
    File.join(scratch, name).tap { |path| File.write(path, text) }
  end

  # The directory in which dumps are kept.
  def kept
    File.join(scratch, "kept")
  end

  def kept_names
    File.directory?(kept) ? Dir.children(kept).sort : []
  end
end
