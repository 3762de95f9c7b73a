# frozen_string_literal: true

module HeapDump
  module Fleet
    # What a store has: applications, revisions, processes and dumps, and from when to when.
    #
    #   HeapDump::Fleet::Overview.new(store).apps # => ["api", "shop"]
    class Overview < Question
      # processes, dumps:: how many there are of what is asked for
      # judged, leaking::  how many processes have a verdict, and how many of them leak
      # from, to::         when the first and the last dump was taken (Time), nil without dumps
      Row = Struct.new(:processes, :dumps, :judged, :leaking, :from, :to, keyword_init: true)

      # One Row (Array).
      def rows
        @rows ||= [Row.new(**dumps, judged: judged("kind = 'process'"),
                                    leaking: judged("verdict = 'leak' AND told_with = '' AND " \
                                                    "kind IN ('way', 'native')"))]
      end

      # The names of all applications (Array of String).
      public :apps

      # The names of all revisions, the newest first (Array of String).
      def revisions
        @revisions ||= select("revision, min(at) AS first", :dump, ["", []], "GROUP BY revision")
                       .select { |row| row[:revision] }
                       .sort_by { |row| row.values_at(:first, :revision) }
                       .map { |row| row[:revision] }.reverse
      end

      private

      def dumps
        found = select("count(*) AS dumps, count(DISTINCT process_id) AS processes, " \
                       "min(at) AS first, max(at) AS last", :dump,
                       where(*of_app("process_id"), at: "at", revision: "revision")).first
        return { processes: 0, dumps: 0 } if found[:dumps].zero?

        { processes: found[:processes], dumps: found[:dumps], from: time(found[:first]),
          to: time(found[:last]) }
      end

      def judged(condition)
        select("count(DISTINCT process_id) AS judged", :verdict,
               where([condition], at: "to_at", app: "app", revision: "revision")).first[:judged]
      end
    end
  end
end
