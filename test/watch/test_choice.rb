# frozen_string_literal: true

require "test_helper"
require "support/watching"

# Which one of several processes makes the dumps.
class TestChoice < HeapDumpTest
  include Watching

  # Workers in one container. Each watches.
  class Worker
    include Watching

    attr_reader :machine, :watch

    def initialize(heaps, tree, pid, ...)
      @heaps = heaps
      @tree = tree
      @machine = Machine.new(tree.root, pid: pid)
      @watch = engine(...)
    end
  end

  # /proc/self is that of whoever looks.
  def workers(*pids, **options, &block)
    pids.each { |pid| tree.process(pid, parent: 7, private: pid == 41 ? 300 : 200, started: pid) }
    pids.map { |pid| Worker.new(heaps, tree, pid, **options, &block || :memory.to_proc) }
  end

  def dumps_of(workers)
    workers.map { |worker| worker.begun.size }
  end

  def round(workers, seconds)
    (seconds / 10).times do
      workers.each do |worker|
        tree.remove("/proc/self/exe")
        FileUtils.cp_r("#{tree.root}/proc/#{worker.machine.pid}/.", "#{tree.root}/proc/self")
        worker.watch.look
        worker.machine.pass(10)
      end
    end
  end

  def test_the_same_worker_makes_all_dumps_of_a_series
    all = workers(40, 41, 42)
    round(all, 30)
    [520, 720, 860].each do |used|
      use(used)
      round(all, 50)
      pending = all.flat_map(&:begun).reject(&:done?)
      assert_equal 1, pending.size
      pending.first.finish
      round(all, 50)
      tree.process(42, parent: 7, private: 600, started: 42) # another one is the largest now
    end
    assert_equal [0, 3, 0], dumps_of(all)
    assert_equal 0, refusals(all[1].watch)[:another]
    assert_operator refusals(all[0].watch)[:another], :>, 0
    told = all[0].said.grep(/\Ano dump, although .*: process 41 makes the dumps of this server\z/)
    assert_equal 1, told.size
  end

  def test_another_one_when_that_worker_is_gone
    all = workers(40, 41, 42)
    round(all, 30)
    use(520)
    round(all, 50)
    all[1].begun.last.finish
    round(all, 10)
    all.delete_at(1)
    tree.process(41, parent: 7, private: 900, started: 999) # its number has been given away
    use(720)
    round(all, 50)
    assert_equal [1, 0], dumps_of(all)
  end

  # Two servers that share a directory: what one has chosen is nothing to the other.
  def test_each_server_chooses_for_itself
    tree.process(50, parent: 8, private: 500, started: 50)
    FileUtils.mkdir_p(heaps, mode: 0o700)
    chosen = { "web-1-8" => [50, 50, machine.time.to_i] }
    File.write("#{heaps}/state.json", JSON.generate(dumps: [], chosen: chosen))
    all = workers(40, 41)
    round(all, 10)
    use(520)
    round(all, 50)
    assert_equal [0, 1], dumps_of(all)
  end

  # On a volume that many hosts share, those that are gone are forgotten.
  def test_what_is_known_of_other_hosts
    Dir.mkdir(heaps, 0o700)
    now = machine.time.to_i
    others = { "old" => [1, 2, now - (9 * 86_400)], "new" => [1, 2, now] }
    File.write("#{heaps}/state.json", JSON.generate(dumps: [], chosen: others))
    all = workers(40, 41)
    round(all, 10)
    use(520)
    round(all, 50)
    assert_equal %w[new web-1-7], JSON.parse(File.read("#{heaps}/state.json"))["chosen"].keys
  end

  # One dump at a time, however many want one.
  def test_forty_workers_at_once
    pids = (100...140).to_a
    all = workers(*pids)
    round(all, 10)
    use(900)
    round(all, 100)
    assert_equal 1, all.sum { |worker| worker.begun.size }
    assert_equal pids.first, all.find { |worker| worker.begun.any? }.machine.pid
  end

  # All workers grow, and the budget of the directory is for the series of one.
  def test_growth_of_many_workers
    all = workers(40, 41, 42, cooldown: 0) { |on| on.growth by: 2 }
    round(all, 20)
    [700, 1500].each do |mib|
      [40, 41, 42].each do |pid|
        tree.process(pid, parent: 7, private: pid == 41 ? mib : mib - 100, started: pid)
      end
      round(all, 30)
      all.flat_map(&:begun).reject(&:done?).each(&:finish)
      round(all, 10)
    end
    assert_equal [0, 2, 0], dumps_of(all)
  end

  # A small service beside a large one, under the same init.
  def test_services_that_are_no_workers_of_one_server
    [[7, "0::/puma\n", "0::/sidekiq\n"], [1, nil, nil]].each do |parent, *groups|
      tree.membership("0::/web\n")
      all = workers(40, 41)
      groups.zip(all, [200, 300]) do |group, worker, mib|
        tree.process(worker.machine.pid, parent: parent, private: mib, group: group,
                                         started: worker.machine.pid)
      end
      round(all, 10)
      use(520)
      round(all.first(1), 50)
      assert_equal [1, 0], dumps_of(all), "parent #{parent}"
      use(100)
      FileUtils.rm_rf(heaps)
    end
  end

  def turn(all)
    round(all, 20)
    all.flat_map(&:begun).reject(&:done?).each(&:finish)
    round(all, 20)
  end

  # At each time one dump, and always of the same worker, so that the dumps can be compared.
  def test_times_of_many_workers
    all = workers(40, 41, 42) { |on| on.every cron: "0 5 * * *" }
    round(all, 20)
    3.times do
      all.each { |worker| worker.machine.pass(86_400 + 7) }
      turn(all)
      tree.process(42, parent: 7, private: 600, started: 42) # another one is the largest now
    end
    assert_equal [0, 3, 0], dumps_of(all)
    assert_equal 3, refusals(all[0].watch)[:another]
  end

  # Which one is the largest changes from moment to moment, but no time is left out.
  def test_a_time_at_which_the_largest_one_changes
    all = workers(40, 41) { |on| on.every cron: "0 5 * * *" }
    round(all, 20)
    all.each { |worker| worker.machine.pass(3600) }
    round(all.first(1), 10)
    tree.process(40, parent: 7, private: 600, started: 40)
    round(all, 10)
    assert_equal [0, 1], dumps_of(all)
  end

  # What was chosen in the morning is not what leaks at night.
  def test_marks_choose_for_themselves
    all = workers(40, 41) { |on| [on.memory, on.every(cron: "0 5 * * *")] }
    round(all, 20)
    all.each { |worker| worker.machine.pass(3600) }
    turn(all)
    tree.process(40, parent: 7, private: 600, started: 40)
    use(520)
    round(all, 50)
    assert_equal [1, 1], dumps_of(all)
  end

  # It lives on, and looks no more.
  def test_times_of_a_worker_whose_watch_was_stopped
    all = workers(40, 41) { |on| on.every cron: "0 5 * * *" }
    round(all, 20)
    all.each { |worker| worker.machine.pass(3600) }
    turn(all)
    assert_equal [0, 1], dumps_of(all)
    all.pop.watch.stop
    all.each { |worker| worker.machine.pass(86_400) }
    turn(all)
    assert_equal [1], dumps_of(all)
  end

  # MiB of a container of 8,000.
  def use_much(mib)
    tree.group_two("/web", used: mib, limit: 8000)
  end

  # What was the largest worker at the start, or has been as large all the time, is not what leaks.
  def test_marks_of_the_start_and_later
    use_much(6880)
    all = workers(40, 41, settle: 100) { |on| on.memory at: [0.8, 0.85] }
    round(all, 60)
    all.last.begun.last.finish
    round(all, 100)
    assert_equal [0, 1], dumps_of(all)
    tree.process(40, parent: 7, private: 600, started: 40)
    use_much(7300)
    round(all, 50)
    assert_equal [1, 1], dumps_of(all)
  end

  # Of their own jobs: who is not chosen goes on with its next thousand, as if it had dumped.
  def test_jobs_of_many_workers
    all = workers(40, 41) { |on| on.every jobs: 5 }
    rules = all.map { |worker| worker.watch.instance_variable_get(:@rules).first }
    round(all, 20)
    7.times { HeapDump::Work.count(:jobs, "J") }
    turn(all)
    assert_equal [0, 1], dumps_of(all)
    assert_equal [10, 10], rules.map { |rule| rule.instance_variable_get(:@due) }
  ensure
    HeapDump::Work.reset
  end
end
