# frozen_string_literal: true

require "heapdump/outside/agent_call"
require "heapdump/outside/ruby_image"
require "heapdump/outside/target"
require "support/outside"

# Dumps of processes in which the machine code of the agent meets something unusual.
module TakingOddities
  # From Ruby 3.3 on MRI has room for the functions of few jobs, and does not forget them.
  def test_one_function_for_all_dumps
    Outside.with_process("loop { sleep 0.01 }") do |pid|
      image = HeapDump::Outside::RubyImage.find(HeapDump::Outside::Target.new(pid))
      skip "SKIPPED: before 3.3" unless HeapDump::Outside::AgentCall.preregister?(image)
      2.times { take(pid) }
      assert_one_function(pid)
    end
  end

  def assert_one_function(pid)
    code = HeapDump::Outside::AgentMemory.machine_code(RUBY_PLATFORM)
    target = HeapDump::Outside::Target.new(pid)
    kept = target.mappings.select { |one| one.permissions == "r-xp" && one.path.empty? }
    found = kept.sum { |one| target.memory(one.from, one.to - one.from).scan(code).size }
    assert_equal 1, found
  end

  # What is raised ends the agent, and not the process.
  def test_no_thread_can_be_made
    code = "def Thread.new(*) = ($stdout.syswrite(%(asked\n)); raise(%(none))); " \
           "$stdout.syswrite(%(up\n)); loop { break if $stdin.wait_readable(0.01) }; " \
           "$stdout.syswrite(%(well\n)); sleep"
    input, tell = IO.pipe
    reader, writer = IO.pipe
    pid = Process.spawn(RbConfig.ruby, "-W0", "-rio/wait", "-e", code, in: input, out: writer)
    assert_equal "up\n", reader.gets
    taking = Thread.new do
      Outside.heapdump("take", pid, "-o", path, "--via", via, "--timeout", 3)
    end
    assert_equal "asked\n", reader.gets
    tell.write("\n")
    assert_equal "well\n", reader.gets
    status, _, err = taking.value
    assert_equal 1, status
    assert_match(/could not do it: #<RuntimeError: none>$/, err)
  ensure
    [input, tell, reader, writer].each(&:close)
    Outside.stop(pid)
  end

  # It has a copy of rb_cObject, and libruby's own stays empty.
  EMBEDDING = <<~'C'
    #include <ruby.h>
    int main(int argc, char **argv) {
        ruby_sysinit(&argc, &argv);
        RUBY_INIT_STACK;
        ruby_init();
        rb_define_global_const("EMBEDDED", rb_class_name(rb_cObject));
        return ruby_run_node(ruby_options(argc, argv));
    }
  C

  def test_a_program_that_embeds_ruby
    skip "SKIPPED: this Ruby has no library" unless RbConfig::CONFIG["ENABLE_SHARED"] == "yes"
    Dir.mktmpdir("heapdump-taking") do |directory|
      reader, writer = IO.pipe
      code = "$stdout.syswrite(%(up\n)); sleep"
      pid = Process.spawn(embedding(directory), "-e", code, out: writer)
      assert_equal "up\n", reader.gets
      take(pid)
      assert Outside.runs?(pid), "the process lives"
    ensure
      [reader, writer].each(&:close)
      Outside.stop(pid)
    end
  end

  def embedding(directory)
    File.write(source = File.join(directory, "embedding.c"), EMBEDDING)
    config = RbConfig::CONFIG
    flags = config.values_at("rubyhdrdir", "rubyarchhdrdir").map { |path| "-I#{path}" }
    flags += ["-L#{config["libdir"]}", "-Wl,-rpath,#{config["libdir"]}"]
    program = source.delete_suffix(".c")
    assert system(config["CC"][/\S+/], "-w", source, "-o", program, *flags,
                  *config["LIBRUBYARG_SHARED"].split)
    program
  end
end
