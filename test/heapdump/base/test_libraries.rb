# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# The library and the symbol of a variable that C has registered with the GC.
class TestLibraries < HeapDumpTest
  # NAME is exported. It begins a page of the .bss, which no page of the file is mapped to.
  LIBRARY = <<~C
    extern void rb_gc_register_address(unsigned long *);
    extern unsigned long rb_str_new_cstr(const char *);
    int filled = 1;
    __attribute__((aligned(65536))) unsigned long NAME[8192];
    void begin(void) {
        rb_gc_register_address(NAME);
        NAME[0] = rb_str_new_cstr(TEXT);
    }
  C

  # Loads the libraries, truncates each to a size (nil: not), and dumps.
  CODE = <<~'RUBY'
    require "heapdump"
    require "fiddle"
    path, size, fork, *libraries = ARGV
    libraries.each do |library|
      Fiddle::Function.new(Fiddle.dlopen(library)["begin"], [], Fiddle::TYPE_VOID).call
      File.truncate(library, Integer(size)) unless size.empty?
    end
    HeapDump.dump(path, fork: fork == "true")
    exit!(0) # what a library does at the end is no longer there
  RUBY

  def setup
    super
    skip "only Linux lists mappings" unless File.readable?("/proc/self/maps")
  end

  def test_whatever_is_mapped
    skip(CProgram.missing) if CProgram.missing
    files = %w[first second].flat_map { |name| [compile(name), *variable_of(name)] }
    sources = ["test/heapdump/base/libraries_test.c",
               *%w[libraries elf maps list].map { |name| "ext/heapdump/base/#{name}.c" }]
    output, status = CProgram.new("libraries", sources, include: "ext/heapdump").run(*files)
    assert_predicate status, :success?, output
  end

  def test_two_libraries_of_one_name
    paths = %w[first second].map { |name| compile(name) }
    assert_equal({ "first" => "twin.so first", "second" => "twin.so second" }, names(*paths))
  end

  # As a deployment does that writes over a file instead of replacing it.
  [0, 4096].each do |size|
    [true, false].each do |fork|
      define_method("test_a_file_that_was_truncated_to_#{size}#{"_in_process" unless fork}") do
        told = names(compile("cut"), size: size, fork: fork).fetch("cut")
        assert_match(/\A(\?|twin\.so\+0x\h+)\z/, told)
      end
    end
  end

  private

  # A library called twin.so, in a directory of its own, whose variable has that name.
  def compile(name)
    directory = File.join(scratch, name)
    FileUtils.mkdir_p(directory)
    path = File.join(directory, "twin.so")
    File.write("#{path}.c", LIBRARY)
    output, status = Open3.capture2e(ENV.fetch("CC", "cc"), "-shared", "-fPIC", "-DNAME=#{name}",
                                     "-DTEXT=\"#{name}\"", "-o", path, "#{path}.c")
    assert_predicate status, :success?, output
    path
  end

  # Its offset, by another program, and its name.
  def variable_of(name)
    output, status = Open3.capture2e("nm", "-D", File.join(scratch, name, "twin.so"))
    assert_predicate status, :success?, output
    [output[/^(\h+) B #{name}$/, 1], name]
  end

  # What the dump of a process calls the variables, by the string that each holds.
  def names(*libraries, size: nil, fork: true)
    skip "no fiddle here" unless Child.ruby("require 'fiddle'", bare: true).success?
    path = File.join(scratch, "heap.json")
    Child.ruby!(CODE, path, size.to_s, fork.to_s, *libraries, bare: true)
    dump = assert_whole(Dump.load(path))
    held = dump.roots.flat_map { |line| line["addresses"].to_a }.to_h(&:reverse)
    texts = %w[first second cut]
    strings = dump.select("STRING").select { |line| texts.include?(line["value"]) }
    strings.filter_map { |line| held[line["address"]]&.then { |name| [line["value"], name] } }.to_h
  end
end
