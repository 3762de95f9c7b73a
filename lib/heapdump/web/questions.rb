# frozen_string_literal: true

module HeapDump
  class Web
    # The questions, each in a file of its own.
    module Questions
      autoload :Cut, "#{__dir__}/questions/cut"
      autoload :Diff, "#{__dir__}/questions/diff"
      autoload :Dominated, "#{__dir__}/questions/dominated"
      autoload :DumpList, "#{__dir__}/questions/dump_list"
      autoload :Find, "#{__dir__}/questions/find"
      autoload :Fleet, "#{__dir__}/questions/fleet"
      autoload :FleetClasses, "#{__dir__}/questions/fleet_classes"
      autoload :FleetHistory, "#{__dir__}/questions/fleet_history"
      autoload :FleetLeaks, "#{__dir__}/questions/fleet_leaks"
      autoload :FleetProcesses, "#{__dir__}/questions/fleet_processes"
      autoload :FleetWork, "#{__dir__}/questions/fleet_work"
      autoload :Folded, "#{__dir__}/questions/folded"
      autoload :Frames, "#{__dir__}/questions/frames"
      autoload :Histogram, "#{__dir__}/questions/histogram"
      autoload :JobState, "#{__dir__}/questions/job_state"
      autoload :Leaks, "#{__dir__}/questions/leaks"
      autoload :MergedPaths, "#{__dir__}/questions/merged_paths"
      autoload :OfFleet, "#{__dir__}/questions/of_fleet"
      autoload :OfSet, "#{__dir__}/questions/of_set"
      autoload :OneObject, "#{__dir__}/questions/one_object"
      autoload :Pages, "#{__dir__}/questions/pages"
      autoload :Procs, "#{__dir__}/questions/procs"
      autoload :ReferenceGroups, "#{__dir__}/questions/reference_groups"
      autoload :References, "#{__dir__}/questions/references"
      autoload :ReferrerGroups, "#{__dir__}/questions/reference_groups"
      autoload :Referrers, "#{__dir__}/questions/references"
      autoload :Retained, "#{__dir__}/questions/retained"
      autoload :Rows, "#{__dir__}/questions/rows"
      autoload :Strings, "#{__dir__}/questions/strings"
      autoload :Summary, "#{__dir__}/questions/summary"
      autoload :Threads, "#{__dir__}/questions/threads"
      autoload :Top, "#{__dir__}/questions/top"
      autoload :TopGroups, "#{__dir__}/questions/top_groups"
      autoload :Trends, "#{__dir__}/questions/trends"
    end

    # Every question by the last part of its path.
    QUESTIONS = {
      "dumps" => Questions::DumpList,
      "summary" => Questions::Summary,
      "leaks" => Questions::Leaks,
      "trends" => Questions::Trends,
      "histogram" => Questions::Histogram,
      "diff" => Questions::Diff,
      "top" => Questions::Top,
      "top_groups" => Questions::TopGroups,
      "dominated" => Questions::Dominated,
      "folded" => Questions::Folded,
      "find" => Questions::Find,
      "retained" => Questions::Retained,
      "merged_paths" => Questions::MergedPaths,
      "object" => Questions::OneObject,
      "references" => Questions::References,
      "referrers" => Questions::Referrers,
      "reference_groups" => Questions::ReferenceGroups,
      "referrer_groups" => Questions::ReferrerGroups,
      "cut" => Questions::Cut,
      "strings" => Questions::Strings,
      "procs" => Questions::Procs,
      "threads" => Questions::Threads,
      "frames" => Questions::Frames,
      "pages" => Questions::Pages,
      "fleet" => Questions::Fleet,
      "fleet_leaks" => Questions::FleetLeaks,
      "fleet_classes" => Questions::FleetClasses,
      "fleet_processes" => Questions::FleetProcesses,
      "fleet_history" => Questions::FleetHistory,
      "fleet_work" => Questions::FleetWork,
      "job" => Questions::JobState
    }.freeze
  end
end
