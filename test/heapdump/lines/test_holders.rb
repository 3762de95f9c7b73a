# frozen_string_literal: true

require "test_helper"

# What threads, fibers, ractors and the VM hold for the program, each by its name. Every kind is
# planted; each object that is held is a Planted, whose @name is that of the test.
class TestHolders < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    FIDDLE = begin
      require "fiddle"
    rescue LoadError
      nil
    end
    Planted = Struct.new(:name)
    def plant(name) = Planted.new(name)

    # C functions, called as an extension in C calls them
    def c_function(name, *types) = Fiddle::Function.new(Fiddle::Handle::DEFAULT[name], types, 0)
    def pin
      c_function("rb_gc_register_mark_object", Fiddle::TYPE_VOIDP).call(Fiddle.dlwrap(plant("pinned")))
    end
    def register
      variable = Fiddle::Pointer.malloc(8)
      variable[0, 8] = [Fiddle.dlwrap(plant("address"))].pack("Q")
      c_function("rb_gc_register_address", Fiddle::TYPE_VOIDP).call(variable.to_i)
    end

    def handle(signal)
      handled = plant(signal)
      trap(signal) { handled }
    end
    def at_end
      ended = plant("at_exit")
      at_exit { ended }
    end
    def trace
      traced = plant("traced")
      TracePoint.new(:class) { traced }.enable
    end

    def threads
      $threads = [
        Thread.new { plant("value") }.tap(&:join),
        Thread.new { Thread.current.report_on_exception = false; raise plant_error }.tap { |t|
          begin; t.join; rescue StandardError; end },
        started_with(plant("argument")), interrupted, storing, matching
      ]
    end
    def plant_error = RuntimeError.new("planted").tap { |e| e.instance_variable_set(:@of, plant("error")) }
    def started_with(object) = Thread.new(object, plant("second")) { |*| sleep }.tap { |t| Thread.pass until t.stop? }
    def interrupted
      thread = Thread.new { Thread.handle_interrupt(RuntimeError => :never) { sleep } }
      Thread.pass until thread.stop?
      thread.raise(plant_error)
      thread
    end
    def storing
      return unless Fiber.respond_to?(:[])
      Thread.new { Fiber[:log] = [plant("storage")]; sleep }.tap { |t| Thread.pass until t.stop? }
    end
    def matching = Thread.new { match }.tap { |t| Thread.pass until t.stop? }
    def match
      "the text of match" =~ /text/
      sleep
    end
    def fibers
      kept = plant("fiber block")
      $fiber = Fiber.new { kept }
      $fiber_storing = Fiber.new { Fiber[:tags] = plant("of fiber"); Fiber.yield }.tap(&:resume) if Fiber.respond_to?(:[])
    end
    def ractor_local = Ractor.current[:planted] = plant("ractor-local")

    pin if FIDDLE
    register if FIDDLE
    handle("USR1")
    handle("EXIT")
    at_end
    trace
    threads
    fibers
    ractor_local
    1000.times { plant(nil) } # what stacks have kept by chance
    GC.start
    HeapDump.dump(ARGV[0])
    $threads.compact.each(&:kill)
    exit!(0)
  RUBY

  def self.dump
    @dump ||= Dumps.by(CODE)
  end

  def setup
    super
    @dump = assert_whole(self.class.dump)
  end

  def test_trap_handlers_by_signal
    handlers = @dump.roots.filter_map { |line| line["trap_handlers"] }.fetch(0)
    assert_equal "USR1", captured(handlers.fetch("SIGUSR1"))
    assert_equal "EXIT", captured(handlers.fetch("EXIT"))
  end

  def test_objects_that_c_has_pinned
    skip "SKIPPED: no fiddle here" unless fiddle?
    holders = @dump.roots + @dump.select("DATA").select { |l| l["struct"] == "VM/pin_array_list" }
    pinned = holders.flat_map { |line| line["pinned"].to_a }
    assert_includes pinned, planted("pinned")
    assert_operator pinned.size, :>, 10
  end

  def test_registered_variables
    variables = @dump.roots.flat_map { |line| line["addresses"].to_a }
    skip "SKIPPED: no fiddle here" unless fiddle?
    assert_equal ["?"], variables.filter_map { |name, at| name if at == planted("address") }
    of_ruby = variables.map(&:first).grep(/\A(lib)?ruby.* rb_\w+\z/)
    refute_empty of_ruby, variables.inspect[0, 300]
    of_heapdump = variables.map(&:first).grep(/\Aheapdump\.so\+0x\h+\z/)
    refute_empty of_heapdump, variables.inspect[0, 300]
  end

  def test_parts_of_the_vm
    skip "boxes have them" if RUBY_VERSION >= "4.0"
    vm = root("vm")
    assert(texts(vm.fetch("loaded_features")).any? { |path| path.end_with?("/heapdump.rb") })
    assert_equal "HASH", @dump[vm.fetch("loaded_features_realpaths")]["type"]
    assert_includes texts(vm.fetch("load_path")), File.join(Child::ROOT, "lib")
    assert_equal "Object", @dump[vm.fetch("top_self")]["class_name"]
    assert_equal "-e", @dump[vm.fetch("program_name")]["value"]
  end

  def test_no_reference_of_the_vm_is_without_a_name
    skip "boxes have them" if RUBY_VERSION >= "4.0"
    assert_none(@dump.roots.select { |line| line["root"] == "vm" }
                     .flat_map { |line| line["references"] }.map { |at| @dump[at] },
                "the VM holds without a name")
  end

  def test_value_and_exception_of_a_dead_thread
    value, exception, = threads
    assert_equal ["dead", planted("value")], value.values_at("status", "thread_value")
    assert_equal "planted", error_of(context_of(exception).fetch("exception"))
  end

  def test_block_and_arguments_of_a_thread
    thread = threads[2]
    assert_equal "proc", @dump[thread.fetch("block")]["struct"]
    args = thread["args"] and # MRI keeps many arguments, but not a few
      assert_includes @dump[args].fetch("elements"), planted("argument")
    assert_equal "thgroup", @dump[thread.fetch("group")]["struct"]
    assert_equal "ractor", @dump[thread.fetch("ractor")]["struct"]
  end

  def test_pending_interrupts
    queue = @dump[threads[3].fetch("pending_interrupts")]
    assert_equal %w[planted], queue.fetch("elements").map { |at| error_of(at) }
    mask = @dump[threads[3].fetch("interrupt_masks")].fetch("elements")
    keys = mask.flat_map { |at| @dump[at]["entries"].to_a.map(&:first) }
    assert_equal %w[RuntimeError], keys.map { |at| @dump[at]["name"] }
  end

  def test_fiber_storage
    skip "no fiber storage" unless Fiber.respond_to?(:[])
    running = @dump[threads[4].fetch("fiber")] # Fiber[]= makes an object of the thread's fiber
    entries = @dump[running.fetch("fiber_storage")].fetch("entries").to_h
    assert_equal [planted("storage")], @dump[entries.fetch(":log")].fetch("elements")
    fiber = @dump[global("$fiber_storing")]
    entries = @dump[fiber.fetch("fiber_storage")].fetch("entries").to_h
    assert_equal planted("of fiber"), entries.fetch(":tags")
  end

  def test_block_of_a_fiber
    assert_equal "fiber block", captured(@dump[global("$fiber")].fetch("block"))
  end

  def test_ractor
    skip "held by a root" if @dump.roots.any? { |line| line["root"] == "ractor" } # since 4.1
    ractor = @dump.select("DATA").find { |line| line["struct"] == "ractor" }
    assert_equal planted("ractor-local"), ractor.fetch("ractor_locals").fetch("planted")
    alive = @dump.select("DATA").select { |l| l["struct"] == "VM/thread" && l["status"] != "dead" }
    assert_equal alive.map { |line| line["address"] }.sort, ractor.fetch("threads").sort
    points = ractor.fetch("trace_points").map { |at| @dump[at].fetch("proc") }
    assert_includes points.map { |at| captured(at) }, "traced"
  end

  def test_the_last_match_of_a_frame
    frames = context_of(threads[5]).fetch("frames")
    frame = frames.find { |found| found["label"]&.end_with?("match") }
    match = @dump[@dump[frame.fetch("svar")].fetch("backref")]
    assert_equal "the text of match", @dump[match.fetch("string")]["value"]
  end

  def test_at_exit
    assert_includes(root("end_proc").fetch("references").map { |at| captured(at) }, "at_exit")
  end

  # The checks replace the handler for a moment.
  def test_loading_leaves_the_handler_for_the_end
    { "" => "", "trap('EXIT') { print 'mine' }; " => "mine" }.each do |setup, printed|
      ["require 'heapdump'", "require 'heapdump'; exit"].each do |code|
        outcome = Child.ruby!("#{setup}#{code}", bare: true)
        assert_equal printed, outcome.out
      end
    end
    old = Child.ruby!("proc { }.then { |mine| trap('EXIT', mine); require 'heapdump'; " \
                      "print trap('EXIT', 'DEFAULT').equal?(mine) }", bare: true)
    assert_equal "true", old.out
  end

  private

  def fiddle?
    Child.ruby("require 'fiddle'").success?
  end

  def root(category)
    @dump.roots.find { |line| line["root"] == category }
  end

  def global(name)
    @dump.roots.filter_map { |line| line["variables"] }.first.fetch(name)
  end

  def threads
    @dump[global("$threads")].fetch("elements").map { |at| at && @dump[at] }
  end

  # The line with what the stack of a thread holds: that of its fiber, where that is an object.
  def context_of(thread)
    thread["fiber"] ? @dump[thread["fiber"]] : thread
  end

  def planted(name)
    line = @dump.select("STRUCT").find do |found|
      found["class_name"] == "Planted" && name_of(found) == name
    end
    assert line, "nothing is called #{name}"
    line["address"]
  end

  def name_of(line)
    text = line["members"]["name"]
    text && @dump[text]["value"]
  end

  # The elements of an array of Strings.
  def texts(at)
    array = @dump[at]
    array = @dump[array["shared_root"]] if array["shared_root"]
    array.fetch("elements").grep(/\A0x/).map { |element| @dump[element]["value"] }
  end

  # The name of what the block of a proc has captured.
  def captured(at)
    env = @dump[@dump[at].fetch("env")]
    held = env.fetch("locals").values.filter_map { |value| value && @dump[value] }
    name_of(held.find { |line| line["class_name"] == "Planted" && name_of(line) })
  end

  def error_of(at)
    line = @dump[at]
    line = @dump[line.fetch("fields")] unless line["ivars"] # of many, since 4.1
    message = line.fetch("ivars")["mesg"]
    message && @dump[message]["value"]
  end
end
