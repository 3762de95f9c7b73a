# frozen_string_literal: true

module HeapDump
  module Fleet
    # The same leak in many processes: ranked by how fast it grows in all of them together. What in
    # most processes only grows along with something else, as what the leak holds, is told with it.
    #
    #   HeapDump::Fleet::Leaks.new(store, app: "shop").rows.first.holder
    #   # => "constant Shop::CACHE (app/shop.rb:3)"
    class Leaks < Question
      # signature::        of the way on which the objects are held, the same in all processes
      # class_name::       of the objects
      # holder, location:: who holds them, in words, and the place that belongs to it, if known
      # processes::        how many processes leak them, of how many that had enough dumps
      # judged::
      # apps::             the names of their applications (Array of String)
      # since::            the revision in which it was first seen, nil if dumps have no revisions
      # first_seen, last_seen:: when (Time)
      # fixed_in::         the first revision after the last that leaks; nil if the newest one does
      # objects_per_hour, bytes_per_hour:: how fast it grows in all processes together (Float)
      # objects, bytes::   what they have of it in their last dumps, together
      Row = Struct.new(:signature, :class_name, :holder, :location, :gem, :processes, :judged,
                       :apps, :since, :first_seen, :last_seen, :fixed_in, :objects_per_hour,
                       :bytes_per_hour, :objects, :bytes, keyword_init: true)

      SUMS = "name, count(*) AS processes, min(from_at) AS first_seen, max(to_at) AS last_seen, " \
             "sum(objects_per_hour) AS objects_per_hour, sum(bytes_per_hour) AS bytes_per_hour, " \
             "sum(last_objects) AS objects, sum(last_bytes) AS bytes, " \
             "sum(CASE WHEN told_with = '' THEN 1 ELSE 0 END) AS itself"
      private_constant :SUMS

      def rows
        @rows ||= begin
          found = select(SUMS, :verdict, leaking, "GROUP BY name")
                  .select { |row| row[:itself] * 2 >= row[:processes] }
          ways = store.among(:way, :signature, found.map { |row| row[:name] })
                      .to_h { |row| [row[:signature], row] }
          found.map { |row| row(row, ways.fetch(row[:name], {})) }
               .sort_by { |row| [row.fixed_in ? 1 : 0, -row.bytes_per_hour, row.signature] }
        end
      end

      private

      def leaking
        where(["kind = 'way' AND verdict = 'leak'"], at: "to_at", app: "app", revision: "revision")
      end

      def row(sums, way)
        places = self.places.fetch(sums[:name])
        Row.new(signature: sums[:name], **way.slice(:class_name, :holder, :location, :gem),
                processes: sums[:processes], judged: places.sum { |app, _| judged(app) },
                apps: places.keys.sort, first_seen: time(sums[:first_seen]),
                last_seen: time(sums[:last_seen]), **fate(sums[:name], places),
                objects_per_hour: sums[:objects_per_hour].to_f,
                bytes_per_hour: sums[:bytes_per_hour].to_f, objects: sums[:objects].to_i,
                bytes: sums[:bytes].to_i)
      end

      # By signature and application, the revisions that leak.
      def places
        @places ||= select("name, app, revision", :verdict, leaking, "GROUP BY name, app, revision")
                    .each_with_object({}) do |row, all|
          ((all[row[:name]] ||= {})[row[:app]] ||= []) << row[:revision]
        end
      end

      # Where it began and, if all applications that had it have newer revisions without it, in
      # which it ended.
      def fate(signature, places)
        known = places.to_h do |app, _|
          [app, leaking_revisions.fetch([signature, app], {}).slice(*revisions_of(app))]
        end
        begun = known.filter_map do |app, names|
          names.keys.min_by do |name|
            revisions_of(app).index(name)
          end
        end
        ended = known.map { |app, names| after(app, names) }
        { since: begun.reject(&:empty?).first, fixed_in: (ended.last if ended.all?) }
      end

      # One that runs longer than those that leak: who goes back to one of these has the leak again.
      def after(app, names)
        all = revisions_of(app)
        last = names.keys.map { |name| all.index(name) }.max or return
        seen = names.keys.filter_map { |name| running[[app, name]] }.push(*names.values).max
        all.drop(last + 1).find { |name| seen_revisions[app][name].last > seen }
      end

      # When the last dump of a revision was taken, judged or not, by application and revision.
      def running
        @running ||= store.query(
          "SELECT p.app AS app, d.revision AS revision, max(d.at) AS last FROM " \
          "(SELECT process_id, revision, at FROM #{store.table(:dump)}) d JOIN " \
          "(SELECT id, app FROM #{store.table(:process)}) p ON p.id = d.process_id " \
          "GROUP BY p.app, d.revision"
        ).to_h { |row| [row.values_at(:app, :revision), time(row[:last])] }
      end

      # When each revision was last seen to leak, whatever is asked for, by signature and
      # application.
      def leaking_revisions
        @leaking_revisions ||=
          select("name, app, revision, max(to_at) AS last", :verdict,
                 where(["kind = 'way' AND verdict = 'leak'"]), "GROUP BY name, app, revision")
          .each_with_object({}) do |row, all|
            (all[row.values_at(:name, :app)] ||= {})[row[:revision]] = time(row[:last])
          end
      end

      # In the order in which they came (Array of String).
      def revisions_of(app)
        seen_revisions.fetch(app, {}).sort_by { |_, span| span.first }.map(&:first)
      end

      # Of those that are asked for.
      def judged(app)
        @judged ||= select("app, count(*) AS judged", :verdict,
                           where(["kind = 'process'"], at: "to_at", app: "app",
                                                       revision: "revision"), "GROUP BY app")
                    .to_h { |row| row.values_at(:app, :judged) }
        @judged.fetch(app, 0)
      end

      # Each process that was judged has one row of this kind.
      def seen_revisions
        @seen_revisions ||= select("app, revision, min(from_at) AS first, max(to_at) AS last",
                                   :verdict, where(["kind = 'process'"]), "GROUP BY app, revision")
                            .each_with_object({}) do |row, all|
          (all[row[:app]] ||= {})[row[:revision]] =
            row.values_at(:first, :last).map { |at| time(at) }
        end
      end
    end
  end
end
