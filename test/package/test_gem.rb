# frozen_string_literal: true

require "test_helper"
require "rubygems/package"
require "open3"

# What the gem holds.
class TestGem < HeapDumpTest
  CODE = %w[ext exe lib sig].freeze
  TEXTS = %w[CONTRIBUTING.md CHANGELOG.md LICENSE README.md SECURITY.md docs heapdump.gdb].freeze

  def specification
    @specification ||= Dir.chdir(Child::ROOT) { Gem::Specification.load("heapdump.gemspec") }
  end

  # What git tracks, or would track. A copy of the sources may lie in a checkout of something else,
  # and where there is no checkout there may be no git.
  def tracked
    skip "SKIPPED: this is no git checkout" unless File.exist?(File.join(Child::ROOT, ".git"))
    files, status = Open3.capture2("git", "ls-files", "-z", "--cached", "--others",
                                   "--exclude-standard", chdir: Child::ROOT)
    assert_predicate status, :success?
    files.split("\0").select { |file| File.file?(File.join(Child::ROOT, file)) }
  end

  def test_every_file_of_the_program_is_in_it_and_nothing_else
    wanted = tracked.select { |file| [*CODE, *TEXTS].include?(file[%r{\A[^/]+}]) }
    refute_empty wanted
    assert_equal wanted.sort, specification.files.sort
  end

  def test_no_build_product_and_no_private_file_is_in_it
    specification.files.each do |file|
      path = File.join(Child::ROOT, file)
      assert_predicate File.lstat(path), :file?, file
      refute_match(/\.(so|o|bundle|log|gem)\z/, file)
      assert File.stat(path).mode.anybits?(0o004), "#{file} cannot be read by all"
    end
  end

  # As `gem build` does it, and read back.
  def test_it_builds_without_a_warning
    built = File.join(scratch, "heapdump.gem")
    output, status = Open3.capture2e("gem", "build", "--strict", "heapdump.gemspec", "-o", built,
                                     chdir: Child::ROOT)
    assert_predicate status, :success?, output
    refute_match(/WARNING/, output)
    package = Gem::Package.new(built)
    assert_equal specification.files.sort, package.contents.sort
    assert_equal %w[heapdump heapgraph attach].map { |name| "ext/#{name}/extconf.rb" },
                 package.spec.extensions
    assert_equal ["heapdump"], package.spec.executables
    assert_equal "exe", package.spec.bindir
  end

  def test_it_needs_these_gems_and_any_ruby_that_is_supported
    needed = %w[libyajl2 rack rackup webrick]
    assert_equal needed.to_h { |name| [name, :runtime] },
                 specification.dependencies.to_h { |one| [one.name, one.type] }
    assert specification.required_ruby_version.satisfied_by?(Gem::Version.new("3.1.0"))
    assert specification.required_ruby_version.satisfied_by?(Gem::Version.new("4.0.0"))
    assert_equal "true", specification.metadata["rubygems_mfa_required"]
  end

  # Paths in it are looked for below the directories that RubyGems puts into the load path.
  def test_the_plugin_of_puma_is_where_puma_looks
    assert_includes specification.files, "lib/puma/plugin/heapdump.rb"
    assert_equal ["lib"], specification.require_paths.grep_v(/extensions/)
  end
end
