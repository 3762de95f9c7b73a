# frozen_string_literal: true

require "test_helper"
require "support/outside"

# However the library is loaded, it finds the same capabilities: it looks at known objects then, and
# at the frames of whoever loads it.
class TestLoading < HeapDumpTest
  LOAD = 'require "heapdump"'

  # Where `require` may stand.
  PLACES = {
    "the_top" => LOAD,
    "a_block" => "[1].each { #{LOAD} }",
    "a_block_in_a_method" => "def r; [1].each { [2].each { #{LOAD} } }; end; r",
    "a_method" => "def r = #{LOAD}; r",
    "a_method_by_another_name" => "def r; yield; end; alias s r; s { [1].map { #{LOAD} } }",
    "a_rescue_in_a_method" => "def r; raise 'x'; rescue; #{LOAD}; end; r",
    "an_ensure_in_a_method" => "def r; 1; ensure; [1].each { #{LOAD} }; end; r",
    "a_class_in_a_block" => "1.times { Class.new { 1.times { #{LOAD} } } }",
    "define_method" => "define_method(:r) { [1].each { #{LOAD} } }; r",
    "method_missing" => "class G; def method_missing(*) = [1].each { #{LOAD} }; end; G.new.r",
    "instance_exec" => "def r(&b) = 5.instance_exec(&b); r { #{LOAD} }",
    "a_refinement" => "module M; refine(Integer) { def r; [1].each { #{LOAD} }; end }; end; " \
                      "using M; 5.r",
    "super" => "class A; def r; [1].each { #{LOAD} }; end; end; " \
               "class B < A; def r; [1].each { super() }; end; end; B.new.r",
    "a_method_of_another_class" => "module N; def r; [1].each { #{LOAD} }; end; end; " \
                                   "define_method(:s, N.instance_method(:r)); s",
    "eval" => "def r; x = 1; eval('[x].each { #{LOAD} }'); end; r",
    "a_binding" => "def r; [1].each { return binding }; end; r.eval('#{LOAD}')",
    "a_thread" => "def r; Thread.new { [1].each { #{LOAD} } }.join; end; r",
    "a_fiber" => "def r; Fiber.new { [1].each { #{LOAD} } }.resume; end; r",
    "an_enumerator" => "Enumerator.new { |y| [1].each { #{LOAD}; y << 1 } }.next",
    # MRI itself refuses to load a file in the handler's own context.
    "a_thread_of_a_trap" => "trap(:USR2) { [1].each { Thread.new { #{LOAD} }.join } }; " \
                            "Process.kill(:USR2, $$); " \
                            "sleep 0.01 until defined?(HeapDump.capabilities)",
    "a_finalizer" => "def r; ObjectSpace.define_finalizer(+'', proc { #{LOAD}; show }); end; r",
    "at_exit" => "def r; at_exit { [1].each { #{LOAD}; show } }; end; r",
    "a_trace" => "def r; 1; end; t = TracePoint.new(:call) { t.disable; #{LOAD} }; t.enable; r",
    # A binding of each frame is made, which moves its locals from the stack into an env.
    "a_trace_function" => "def r = #{LOAD}; set_trace_func(proc { |*| }); r; set_trace_func(nil)",
    "a_trace_function_of_a_thread" => "Thread.current.set_trace_func(proc { |*| }); " \
                                      "1.times { #{LOAD} }",
    "a_trace_that_takes_bindings" => "def r = #{LOAD}; t = TracePoint.new(:line, :c_call) { |it| " \
                                     "it.binding }; t.enable; r; t.disable",
    "a_deep_recursion" => "def r(n) = n.zero? ? [1].each { #{LOAD} } : r(n - 1); r(500)",
    "a_deep_recursion_of_blocks" => "def r(n) = [n].each { n.zero? ? (#{LOAD}) : r(n - 1) }; r(500)"
  }.freeze

  SHOW = "def show = (puts HeapDump.capabilities.sort.join(' '); $stdout.flush)\n"

  PLACES.each do |name, code|
    define_method("test_from_#{name}") do
      finish = name.match?(/finalizer|at_exit/) ? "" : "\nshow"
      assert_all Child.ruby!("#{SHOW}#{code}#{finish}", bare: true).out.lines.last
    end
  end

  # A class keeps every name of an instance variable that an object of it has ever had, and up to
  # Ruby 3.1 an object has room for all of them.
  def test_objects_are_no_larger_afterwards
    code = <<~'RUBY'
      require "objspace"
      object = Object.new
      4.times { |i| object.instance_variable_set("@own#{i}", i) }
      puts ObjectSpace.memsize_of(object)
    RUBY
    without, with = ["", "#{LOAD}\n"].map { |load| Child.ruby!(load + code, bare: true).out.to_i }
    assert_operator without, :>, 0
    assert_equal without, with
  end

  # So none of the objects that are looked at may be an Object: here that has no room for a fourth
  # name inside of it.
  def test_where_objects_have_had_many_names
    assert_all Child.ruby!(<<~RUBY, bare: true).out
      object = Object.new
      9.times { |i| object.instance_variable_set("@own\#{i}", i) }
      #{LOAD}
      #{SHOW}show
    RUBY
  end

  def test_by_an_option_of_ruby
    assert_all Child.ruby!("#{SHOW}show", flags: %w[-W0 -rheapdump]).out
  end

  def test_through_rubyopt
    assert_all Child.ruby!("#{SHOW}show", env: { "RUBYOPT" => "-rheapdump" }, bare: true).out
  end

  def test_by_load_autoload_and_require_relative
    # a gemspec that Bundler has read has defined the module already
    assert_all Child.ruby!("#{SHOW}autoload :HeapDump, 'heapdump'; show",
                           flags: %w[-W0 --disable-gems], bare: true).out
    assert_all Child.ruby!(<<~RUBY, bare: true).out
      #{SHOW}
      def r = [1].each { require_relative "#{File.join(Child::ROOT, "lib/heapdump")}" }
      r
      show
    RUBY
  end

  # As RubyGems loads it: from the rescue in its own `require`.
  def test_from_an_installed_gem
    assert_all installed("-e", "#{SHOW}require 'heapdump'; show")
    assert_all installed("-e", "#{SHOW}def r; [1].each { require 'heapdump' }; end; r; show")
    assert_all installed("-rheapdump", "-e", "#{SHOW}show")
  end

  def test_by_bundler
    File.write(File.join(scratch, "Gemfile"), "gem 'heapdump'\n")
    bundle = ["-rbundler/setup", "-e"]
    env = { "BUNDLE_GEMFILE" => File.join(scratch, "Gemfile"), "BUNDLE_PATH" => nil,
            "BUNDLE_APP_CONFIG" => scratch }
    # Bundler may write of its own work before
    [[*bundle, "#{SHOW}Bundler.require; show"], [*bundle, "#{SHOW}require 'heapdump'; show"],
     ["-e", "#{SHOW}require 'bundler'; Bundler.require; show"]].each do |arguments|
      assert_all installed(*arguments, env: env).lines.last
    end
  end

  def test_by_gdb
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    path = File.join(scratch, "heap.json")
    Outside.with_process("def r = loop { [1].each { sleep 0.01 } }; r") do |pid|
      result = Child.run({}, *Child::RUBY, "-I", "lib", "exe/heapdump", "take", pid.to_s, "-o",
                         path, chdir: Child::ROOT, timeout: 60)
      assert_predicate result, :success?, result.to_s
    end
    assert_all Dump.skim(path).header["capabilities"].sort.join(" ")
  end

  # RubyGems installs two copies of the extension. Whoever loads the second one without Ruby code,
  # as a debugger does, must not lose what the application has changed in the first.
  def test_a_second_copy_replaces_no_method
    copy = File.join(scratch, "heapdump.so")
    FileUtils.cp(File.join(Child::ROOT, "lib/heapdump/heapdump.so"), copy)
    out = Child.ruby!(<<~RUBY, copy, bare: true).out
      require "heapdump"
      HeapDump.singleton_class.define_method(:start) { |*| :changed }
      HeapDump.private_class_method :start
      require ARGV[0]
      puts HeapDump.send(:start), HeapDump.counts.class
    RUBY
    assert_equal %w[changed Hash], out.split
  end

  # The library looks for bugs that MRI finds during a dump. Those of the application are reported
  # as ever: to the end, and by the same signal.
  def test_a_crash_of_the_application_is_reported
    crash = "Process.kill(:SEGV, $$); sleep"
    dump = "require 'stringio'; #{LOAD}; HeapDump.dump(StringIO.new); "
    without, with = ["", dump].map do |before|
      Child.ruby(before + crash, bare: true, rlimit_core: 0)
    end
    assert_includes Signal.list.values_at("ABRT", "SEGV"), with.status.termsig
    assert_equal without.status.termsig, with.status.termsig # some builds of Ruby raise it again
    [without, with].each do |one|
      assert_match(/\[BUG\] Segmentation fault.*^\* Process memory map:.*\[stack\]/m, one.err)
    end
  end

  private

  def assert_all(line)
    assert_equal HeapDump.capabilities.sort, line.to_s.split.sort
    assert_equal Schema.capabilities_here.sort, line.split.sort
  end

  # What Ruby prints where only RubyGems knows where the library is.
  def installed(*arguments, env: {})
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
                                .merge("GEM_HOME" => gem_home, "GEM_PATH" => gem_home, **env)
    outcome = Child.run(environment, *Child::RUBY, "-W0", *arguments, timeout: 60, chdir: scratch)
    assert_predicate outcome, :success?, outcome.to_s
    outcome.out
  end

  # A directory as `gem install` leaves it, with the library that is compiled here.
  def gem_home
    @gem_home ||= File.join(scratch, "gems").tap do |home|
      name = "heapdump-#{HeapDump::VERSION}"
      FileUtils.mkdir_p(["#{home}/gems/#{name}", "#{home}/specifications"])
      File.symlink(File.join(Child::ROOT, "lib"), "#{home}/gems/#{name}/lib")
      File.write("#{home}/specifications/#{name}.gemspec", <<~RUBY)
        Gem::Specification.new do |spec|
          spec.name = "heapdump"
          spec.version = "#{HeapDump::VERSION}"
          spec.summary = "installed"
          spec.authors = ["nobody"]
          spec.files = ["lib/heapdump.rb"]
        end
      RUBY
    end
  end
end
