# frozen_string_literal: true

require "test_helper"
require "support/hostile_dumps"

# Extensions whose mark and size functions do what they must not, while the heap is dumped. The
# application never runs on in a second process; the dump is whole but for that object, or there is
# an error and no file; and the application goes on unharmed.
class TestHostile < HeapDumpTest
  # What has happened, as the line of the object says it; nil: nothing is wrong with it.
  TOLD = {
    "raised" => %w[raise_standard raise_interrupt raise_exit throw thread_exit fatal],
    "out of memory" => %w[raise_no_memory],
    "called exit" => %w[exit_0 exit_1 quick_exit_0],
    "signal 6" => %w[abort bug],
    "signal 11" => %w[segv overflow],
    "signal 8" => %w[fpe],
    "signal 7" => %w[bus],
    "signal 4" => %w[ill],
    nil => %w[run_ruby allocate other_references more_references fewer_references]
  }.freeze
  DOING = { "mark" => "while reading it", "size" => "while reading its size" }.freeze

  TOLD.each do |error, deeds|
    deeds.each do |deed|
      define_method("test_#{deed}") { tells(deed, error, HostileDumps::WAYS) }
    end
  end

  # Once it has hung the function is called for no other object of that type.
  %w[busy wait_for_lock].each do |deed|
    define_method("test_#{deed}") do
      check(deed, HostileDumps::IMPATIENT) do |one|
        next ["#{one["name"]}: #{one["ended"]}"] unless one["ended"] == "whole"

        told(one, "hung")
      end
    end
  end

  # Not even a clock ends that.
  def test_busy_and_deaf
    check("busy_and_deaf", HostileDumps::IMPATIENT.first(1)) do |one|
      one["ended"].match?(/longer than timeout: allows/) ? [] : [one["ended"]]
    end
  end

  # Nothing can stop them from ending the process.
  %w[leave_0 leave_1 segv_by_default kill terminate].each do |deed|
    define_method("test_#{deed}") do
      check(deed, HostileDumps::WAYS) do |one|
        next ["no error, but #{one["ended"]}"] unless one["ended"].match?(/\AHeapDump::\w+: /)

        []
      end
    end
  end

  # One way or the other.
  %w[end_native_thread release_gvl no_object no_object_at_the_end].each do |deed|
    define_method("test_#{deed}") { check(deed, HostileDumps::WAYS) { |one| honest(one) } }
  end

  # In the process itself what is raised costs that object alone, too.
  { "raised" => %w[raise_standard throw thread_exit], "out of memory" => %w[raise_no_memory],
    nil => %w[run_ruby allocate other_references more_references fewer_references
              release_gvl] }.each do |error, deeds|
    deeds.each do |deed|
      define_method("test_#{deed}_in_process") { tells(deed, error, HostileDumps::IN_PROCESS) }
    end
  end

  # What a signal's handler could have raised comes out of the dump, when all is tidied up.
  { "raise_interrupt" => "Interrupt", "raise_exit" => "SystemExit" }.each do |deed, raised|
    define_method("test_#{deed}_in_process") do
      check(deed, HostileDumps::IN_PROCESS) do |one|
        one["ended"].start_with?(raised) ? [] : ["#{one["name"]}: #{one["ended"]}"]
      end
    end
  end

  private

  def check(deed, ways, &)
    problems = HostileDumps.new(deed, ways, scratch).call(&)
    assert problems.empty?, "#{deed}: #{problems.join("\n  ")}"
  end

  def tells(deed, error, ways)
    check(deed, ways) do |one|
      next ["#{one["name"]}: #{one["ended"]}"] unless one["ended"] == "whole"
      next only_expected(one) if error.nil? || one.dig("options", "format")

      told(one, error) + only_expected(one)
    end
  end

  # MRI ends a thread once, and takes memory that is out twice for the end of all.
  def told(one, error)
    texts = [error, *("called exit" if error == "out of memory")]
            .map { |text| "#{text} #{DOING.fetch(one["where"])}" }
    told = one["errors"].filter_map { |line| line["address"] if texts.include?(line["error"]) }
    wrong = one["expected"] - told
    return [] if wrong.empty? || (one["deed"] == "thread_exit" && told.any?)

    ["#{one["name"]}: #{wrong.size} of #{one["expected"].size} objects are not told as " \
     "#{texts.first.inspect}, but as #{one["errors"].map { |line| line["error"] }.uniq}"]
  end

  # No other object has an error, and where only the size failed no edge is lost.
  def only_expected(one)
    others = one["errors"].reject { |line| one["expected"].include?(line["address"]) }
    lost = one["where"] == "size" ? one["errors"].sum { |line| line["lost"] } : 0
    [*("#{one["name"]}: errors at #{others}" if others.any?),
     *("#{one["name"]}: #{lost} edges lost" if lost.positive?)]
  end

  def honest(one)
    return only_expected(one) if one["ended"] == "whole"
    return [] if one["ended"].match?(/\AHeapDump::\w+: /)

    ["#{one["name"]}: #{one["ended"]}"]
  end
end
