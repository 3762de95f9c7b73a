# frozen_string_literal: true

require "test_helper"
require "open3"
require "tmpdir"
require_relative "../../../rakelib/layout/source"

# The table of offsets against MRI's own structs, as datadog-ruby_core_source ships them.
class TestLayout < Minitest::Test
  EXT = File.expand_path("../../../ext/heapdump", __dir__)
  PROBE = File.expand_path("../../support/layout/probe.c", __dir__)

  # What rake layout needs that the headers do not have, as far as it needs it.
  SOURCES = { "cont.c" => <<~C, "internal/hash.h" => <<~C }.freeze
    #include "vm_core.h"
    typedef struct { char before[80]; rb_execution_context_t saved_ec; } rb_context_t;
  C
    struct RHash { struct RBasic basic; VALUE ifnone; };
  C

  def test_offsets_are_those_of_mri
    skip_development
    offsets = Dir.mktmpdir { |dir| run_probe(dir) }
    assert_operator offsets.size, :>=, 40
    offsets.each { |name, ours, theirs| assert_equal theirs, ours, name }
  end

  def test_rake_layout_says_which_offsets_have_moved
    skip_development
    Dir.mktmpdir do |directory|
      copy_sources(directory)
      source = Layout::Source.new(directory)
      assert_equal "{#{RUBY_VERSION.to_f.to_s.sub(".", "0")}", source.line[/\{\d+/]
      assert_empty source.moved

      header = "#{directory}/method.h"
      File.write(header, File.read(header).sub(/(?=ID original_id;)/, "void *added; "))
      assert_equal [["definition.original_id", 32, 40]], moved_of_all_versions(source)
    end
  end

  private

  def skip_development
    skip "its own sources alone have these headers" if RUBY_DESCRIPTION.match?(/\A\S+ \S+dev\b/)
  end

  # What Ruby 4.1 has behind the field moves as well.
  def moved_of_all_versions(source)
    source.moved.reject { |name,| name == "definition.original_module" }
  end

  # What rake layout needs of the directory in which a Ruby was built.
  def copy_sources(directory)
    FileUtils.cp_r("#{internal_headers}/.", directory)
    SOURCES.each { |name, text| File.write("#{directory}/#{name}", text) }
    FileUtils.ln_s(config("rubyhdrdir"), "#{directory}/include")
    FileUtils.mkdir_p("#{directory}/.ext/include")
    FileUtils.ln_s(config("rubyarchhdrdir"), "#{directory}/.ext/include/this-platform")
  end

  def run_probe(dir)
    program = File.join(dir, "probe")
    output, status = Open3.capture2e(*compiler, "-o", program, PROBE, "#{EXT}/mri/layout.c",
                                     *libraries)
    assert_predicate status, :success?, output
    output, status = Open3.capture2e({ "LD_LIBRARY_PATH" => config("libdir") }, program)
    assert_predicate status, :success?, "no layout for this Ruby: #{output}"
    output.lines.map do |line|
      name, *numbers = line.split
      [name, *numbers.map(&:to_i)]
    end
  end

  def compiler
    config("CC").split + %w[-std=gnu11 -w -O0] +
      ["-I#{EXT}", "-I#{internal_headers}", "-I#{config("rubyhdrdir")}",
       "-I#{config("rubyarchhdrdir")}"]
  end

  def libraries
    ruby = RbConfig.expand(config("LIBRUBYARG").dup).split
    ruby + ["-L#{config("libdir")}"] + config("LIBS").split
  end

  # The newest headers that are not newer than this Ruby.
  def internal_headers
    root = Gem::Specification.find_by_name("datadog-ruby_core_source").full_gem_path
    candidates = Dir["#{root}/lib/datadog/ruby_core_source/ruby-#{RUBY_VERSION[/\d+\.\d+/]}*"]
    candidates.reject! { |dir| version_of(dir) > Gem::Version.new(RUBY_VERSION) }
    candidates.max_by { |dir| version_of(dir) }
  end

  def version_of(dir)
    Gem::Version.new(dir[/ruby-(\d+\.\d+\.\d+)/, 1])
  end

  def config(name)
    RbConfig::CONFIG.fetch(name)
  end
end
