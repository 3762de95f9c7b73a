# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/extension"
require "support/pprof_schema"

# HeapDump.sample_allocations: estimates beside what is known, and the life of samples.
class TestSampling < HeapDumpTest
  include CommandLine

  START = <<~'RUBY'
    require "heapdump"
    require "json"
    class Row; end
    class Other; end
    KEPT = []
    def told(profile)
      rows = %i[class location].flat_map { |by| profile.by(by) }
      rows.to_h { |row| [row.key.sub(/\A-e:/, "line "), row.to_h] }
    end
  RUBY

  def told(code, **options)
    JSON.parse(Child.ruby!(START + code, **options).out)
  end

  # With the seeds fixed each estimate is the same in each run. 20 estimates of each sum: nearly all
  # are within two standard errors, and their mean is nearer to the truth than one of them.
  def test_estimates_are_right_by_class_and_by_line
    found = told(<<~'RUBY')
      found = Array.new(20) do |seed|
        KEPT.clear
        HeapDump.sample_allocations(every: "2 KiB", seed: seed) do |sampling|
          6000.times { |i| KEPT << Row.new; Other.new; i.to_s }
          3000.times { KEPT << Row.new << ("x" * 1000) }
          told(sampling.profile)
        end
      end
      puts JSON.generate(found)
    RUBY
    lines = found.first.keys.grep(/line/)
    assert_equal 2, lines.size, lines
    { "Row" => [9000, 360_000], "String" => [3000, 3_120_000],
      lines.max_by { |line| found.first[line]["bytes"] } => [6000, 3_240_000] }
      .each { |key, truth| assert_estimates found.map { |rows| rows.fetch(key) }, truth, key }
  end

  def assert_estimates(rows, truth, key)
    %w[objects bytes].zip(truth) do |figure, true_value|
      near = rows.count do |row|
        (row[figure] - true_value).abs <= 2 * row["#{figure}_error"]
      end
      assert_operator near, :>=, 16, "#{key}, #{figure}: #{rows}"
      mean = rows.sum { |row| row[figure] } / rows.size.to_f
      error = rows.sum { |row| row["#{figure}_error"] } / rows.size / Math.sqrt(rows.size)
      assert_in_delta true_value, mean, 4 * error, "#{key}, #{figure}"
    end
  end

  # The oracle: MRI's own table of all allocations. With one byte between samples all are samples.
  def test_each_object_is_one_sample_when_all_are
    samples, traced = told(<<~'RUBY')
      require "objspace"
      sampling = HeapDump.sample_allocations(every: 1, seed: 3)
      ObjectSpace.trace_object_allocations_start
      500.times { |i| KEPT << Row.new << [i, i, i, i] << "text #{i}" << { i => i } }
      lines = KEPT.map do |object|
        "#{ObjectSpace.allocation_sourcefile(object)}:#{ObjectSpace.allocation_sourceline(object)}"
      end.tally
      ObjectSpace.trace_object_allocations_stop
      rows = sampling.profile.by(:location).to_h { |row| [row.key, [row.samples, row.objects]] }
      puts JSON.generate([rows, lines])
    RUBY
    assert_equal 1, traced.size
    count, objects = samples.fetch(traced.keys.first)
    # the environment of a block is counted by nobody, the hashes of the Array of lines by none
    assert_in_delta traced.values.first, count, 10
    assert_operator objects, :>=, count
  end

  def test_what_has_died_is_forgotten_and_memory_is_bounded
    told = told(<<~'RUBY')
      sampling = HeapDump.sample_allocations(every: 64, seed: 1)
      memory = [50_000, 400_000].map do |times|
        times.times { Row.new }
        GC.start
        [sampling.figures[:memory], sampling.profile.by(:class).find { |row| row.key == "Row" }&.samples.to_i]
      end
      puts JSON.generate([memory, sampling.figures])
    RUBY
    (first, few), (second, many) = told[0]
    assert_operator [few, many].max, :<=, 2
    assert_operator second, :<, (2 * first) + (4 << 20)
    assert_operator told[1]["taken"], :>, 200_000
    assert_equal 0, told[1]["lost"]
  end

  # The stacks that have made only dead objects are forgotten, too.
  def test_stacks_are_forgotten
    memory = told(<<~'RUBY')
      def deep(path, &block)
        return block.call if path.zero?
        path.odd? ? deep(path >> 1, &block) : begin; deep(path >> 1, &block); end
      end
      sampling = HeapDump.sample_allocations(every: 40, seed: 1)
      memory = Array.new(3) do |round|
        20_000.times { |i| deep((round * 20_000) + i + 1) { Row.new } }
        GC.start
        sampling.figures[:memory]
      end
      puts JSON.generate(memory)
    RUBY
    assert_operator memory.last, :<, 24 << 20
  end

  def test_compaction_stress_and_threads
    skip "this system cannot compact" unless GC.respond_to?(:compact)
    rows, lost = told(<<~'RUBY')
      sampling = HeapDump.sample_allocations(every: 40, seed: 5)
      4.times.map do
        Thread.new { 1000.times { |i| KEPT << Row.new if i.even?; Other.new } }
      end.each(&:join)
      GC.auto_compact = true
      3.times { GC.start; 500.times { Other.new } }
      GC.auto_compact = false
      GC.stress = true
      10.times { KEPT << Row.new; Other.new }
      GC.stress = false
      3.times { GC.compact; 500.times { Other.new } }
      rows = sampling.profile.by(:class).to_h { |row| [row.key, row.samples] }
      puts JSON.generate([rows, sampling.figures[:lost]])
    RUBY
    assert_in_delta 1 - Math.exp(-1), rows["Row"] / 2010.0, 0.05
    assert_operator rows["Other"].to_i, :<=, 10
    assert_equal 0, lost
  end

  # Another thread may enable the GC as soon as this one has disabled it, as a profile there would
  # at its end.
  def test_profiles_in_several_threads
    told = told(<<~'RUBY')
      sampling = HeapDump.sample_allocations(every: 40, seed: 5)
      100.times { KEPT << Row.new }
      samples = TracePoint.new(:return, :c_return) { |tp| GC.enable if tp.method_id == :disable }
                          .enable { sampling.profile.samples }
      was_disabled = [GC.disable, sampling.profile && GC.enable, sampling.profile && GC.enable]
      puts JSON.generate([samples.positive?, was_disabled])
    RUBY
    assert_equal [true, [false, true, false]], told
  end

  # MRI tells nothing of a GC that runs in the hook of another tool.
  def test_beside_other_tools
    rows, objects = told(<<~'RUBY')
      require "objspace"
      sampling = HeapDump.sample_allocations(every: 40, seed: 5)
      ObjectSpace.trace_object_allocations_start
      report = HeapDump.report(retained: false) do
        2000.times { KEPT << Row.new; 20.times { Other.new } }
      end
      GC.stress = true
      10.times { KEPT << Row.new; Other.new }
      GC.stress = false
      GC.start
      ObjectSpace.trace_object_allocations_stop
      rows = sampling.profile.by(:class).to_h { |row| [row.key, row.samples] }
      puts JSON.generate([rows, report.allocated.by(:class).find { |row| row.key == "Other" }.objects])
    RUBY
    assert_in_delta 1 - Math.exp(-1), rows["Row"] / 2010.0, 0.05
    assert_operator rows["Other"].to_i, :<=, 10
    assert_equal 40_000, objects
  end

  # The marks of young objects are gone when such a GC is noticed, and their slots are used again
  # while it sweeps.
  [true, false].each do |swept|
    define_method(:"test_a_gc_that_is_not_told_#{swept ? "sweeps_at_once" : "sweeps_later"}") do
      rows, kept, gcs = told(<<~RUBY)
        require #{Extension.new("other_hook").compile.dump}
        OtherHook.start
        def work
          sampling = HeapDump.sample_allocations(every: 400, seed: 5)
          GC.start
          young = []
          3000.times { young << Row.new; Other.new }
          before = GC.count
          OtherHook.gc(#{swept})
          young << Row.new
          gcs = GC.count - before
          3000.times { young << Row.new }
          rows = sampling.profile(gc: false).by(:class).to_h { |row| [row.key, row.objects] }
          rows = rows.merge("error" => sampling.profile(gc: false).objects_error)
          [rows, young.size, gcs]
        end
        puts JSON.generate(work)
      RUBY
      assert_equal [6001, 1], [kept, gcs]
      assert_in_delta kept, rows["Row"], 3 * rows["error"]
      assert_operator rows["Other"].to_i, :<=, 3 * 10
    end
  end

  def test_a_forked_process_goes_on_with_choices_of_its_own
    parent, child = told(<<~'RUBY')
      sampling = HeapDump.sample_allocations(every: 400, seed: 5)
      1000.times { KEPT << Row.new }
      read, write = IO.pipe
      pid = fork do
        1000.times { KEPT << Other.new }
        write.puts JSON.generate(told(HeapDump.sampling.profile).slice("Row", "Other"))
        write.close
        exit!(0)
      end
      write.close
      child = JSON.parse(read.read)
      Process.wait(pid)
      puts JSON.generate([told(sampling.profile), child])
    RUBY
    assert_equal parent["Row"]["samples"], child["Row"]["samples"]
    refute parent.key?("Other")
    assert_in_delta 1000, child["Other"]["objects"], 4 * child["Other"]["objects_error"]
  end

  def test_a_dump_says_where_samples_were_allocated
    Dir.mktmpdir do |directory|
      path = File.join(directory, "heap.json")
      told(<<~RUBY)
        HeapDump.sample_allocations(every: 1, seed: 5)
        def add = KEPT << Row.new
        add
        HeapDump.dump(#{path.dump})
        HeapDump.stop_sampling
        HeapDump.dump(#{path.dump} + "2")
        puts "[]"
      RUBY
      lines = File.foreach(path).map { |line| JSON.parse(line) }
      row = lines.find { |line| line["class_name"] == "Row" }
      assert_equal 1, lines.first["allocation_sampling"]
      assert_equal "add", row["method"]
      assert_kind_of Integer, row["line"]
      assert_kind_of Integer, row["generation"]
      after = File.foreach("#{path}2").map { |line| JSON.parse(line) }
      refute after.first.key?("allocation_sampling")
      assert_empty(after.select { |line| line["generation"] })
    end
  end

  # A process that is sampled, three dumps, and the command names the line, without full tracing.
  def test_leaks_says_where_of_how_many_sampled_objects
    Dir.mktmpdir do |directory|
      app = File.join(directory, "cart.rb")
      File.write(app, <<~'RUBY')
        require "heapdump"
        class Session; end
        SESSIONS = {}

        def open_session(id)
          SESSIONS[id] = Session.new
        end

        HeapDump.sample_allocations(every: 800, seed: 5)
        3.times do |n|
          2000.times { |i| open_session(i + (2000 * n)) }
          HeapDump.dump("#{__dir__}/#{n}.json")
        end
      RUBY
      Child.ruby!("load #{app.dump}")
      dumps = Dir[File.join(directory, "*.json")]
      suspect = HeapDump.leaks(*dumps).suspects.find { |one| one.class_name == "Session" }
      assert_equal ["added", "#{app}:6"], [suspect.location_of, suspect.location]
      found = suspect.remarks.grep(/sampled/).first
      assert_match(/\Aallocated there: (\d+) of \1 sampled objects\z/, found)
      said = heapdump("leaks", *dumps).out
      assert_match(/added by +\S*cart\.rb:6$/, said)
      assert_includes said, found
    end
  end

  def test_pprof
    bytes = Child.ruby!(START + <<~'RUBY').out
      sampling = HeapDump.sample_allocations(every: 400, seed: 5)
      def add = 1000.times { KEPT << Row.new }
      add
      print [sampling.profile.to_pprof].pack("m0")
    RUBY
    profile = PprofSchema.decode(Zlib.gunzip(bytes.unpack1("m0")))
    text = profile.string_table
    assert_equal(%w[inuse_objects inuse_space], profile.sample_type.map { |type| text[type.type] })
    assert_equal 400, profile.period
    rows = profile.sample.select { |sample| text[sample.label.first.str] == "Row" }
    assert_in_delta 1000, rows.sum { |sample| sample.value[0] }, 400
    assert_includes text.to_a, "Object#add"
  end

  def test_it_begins_and_ends_as_it_says
    told = told(<<~'RUBY')
      def error = yield.then { "none" } rescue "#{$!.class}: #{$!.message}"
      first = HeapDump.sample_allocations(every: "1 MiB")
      second = error { HeapDump.sample_allocations }
      same = HeapDump.sampling.equal?(first)
      ends = [HeapDump.stop_sampling, HeapDump.stop_sampling, first.running?, HeapDump.sampling]
      late = error { first.profile }
      value = HeapDump.sample_allocations { |sampling| sampling.every }
      raised = error { HeapDump.sample_allocations { raise "boom" } }
      wrong = [{ every: 0 }, { every: "x" }, { every: 1 << 51 }, { stacks: 0 }, { stacks: 513 }, { seed: "1" }]
              .map { |options| error { HeapDump.sample_allocations(**options) } }
      puts JSON.generate([second, same, ends, late, value, raised, HeapDump.sampling, wrong, GC.disable])
    RUBY
    second, same, ends, late, value, raised, left, wrong, disabled = told
    assert_match(/\AHeapDump::Busy/, second)
    assert same
    assert_equal [true, false, false, nil], ends
    assert_match(/\AHeapDump::Error: allocations are not sampled/, late)
    assert_equal 512 << 10, value
    assert_equal "RuntimeError: boom", raised
    assert_nil left
    wrong.each { |message| assert_match(/\AArgumentError/, message) }
    refute disabled
  end

  # Ruby 3.1 crashes if there is a hook when a Ractor begins.
  def test_ractors_are_refused
    told = told(<<~'RUBY')
      $VERBOSE = nil
      class Worker < Ractor; end
      def error = yield.then { "none" } rescue "#{$!.class}: #{$!.message}"
      late = [Ractor, Worker].map do |kind|
        sampling = HeapDump.sample_allocations(every: 400)
        ractor = kind.new { Array.new(1000) { Object.new }.size }
        message = error { sampling.profile }
        HeapDump.stop_sampling
        ractor.respond_to?(:value) ? ractor.value : ractor.take
        sleep 0.01 until Ractor.count == 1
        message
      end
      waiting = Ractor.new { Ractor.receive }
      puts JSON.generate([*late, error { HeapDump.sample_allocations }])
      waiting.send(1)
    RUBY
    assert_equal 3, told.size
    told.each { |message| assert_match(/\AHeapDump::Error: .*Ractor/, message) }
  end
end
