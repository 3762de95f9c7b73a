# frozen_string_literal: true

require "digest/sha2"

module HeapDump
  class Extract
    # Makes the extract of a dump that is open.
    class Making # :nodoc:
      MOST = 20_000 # classes, ways, places
      WORDS = 1_000 # ways that are put into words
      LONGEST = 500 # characters of a name
      DIGITS = 16
      ANONYMOUS = "(anonymous class)"
      private_constant :MOST, :WORDS, :LONGEST, :DIGITS, :ANONYMOUS

      # +origin+ is an Origin. Texts are of the redacted snapshot: what is kept has no values of the
      # program. Of classes, ways and places there are at most +most+ each.
      def initialize(snapshot, origin, most: MOST)
        @snapshot = snapshot
        @told = snapshot.redacted
        @origin = origin
        @most = most
      end

      # The fields of the Extract (Hash of Symbol).
      def fields
        time, doubt = @origin.time
        live, live_bytes, _garbage, garbage_bytes = @snapshot.graph.totals
        { identity: @origin.identity, time: time, warnings: [*@snapshot.warnings, *doubt],
          complete: @snapshot.whole != false, rule: @origin.rule, gc: @origin.gc, account: account,
          objects: @snapshot.objects, held_objects: live, held_bytes: live_bytes,
          garbage_bytes: garbage_bytes, work: @origin.work, **classes, **ways, **sites }
      end

      private

      def account
        account = @snapshot.account
        { rss: account.rss, private: @origin.private, limit: account.cgroup[:limit],
          **account.parts }.compact
      end

      def classes
        _total, _rest, groups = @snapshot.graph.groups(0, nil, 0, nil)
        sums = groups.each_with_object({}) do |group, all|
          key, type, kind, _largest, objects, bytes, retained, _garbage, _garbage_bytes, old = group
          next if objects.zero?

          sum = (all[class_name(key, type, kind)] ||= ClassSum.new(0, 0, 0, 0))
          add(sum, objects: objects, bytes: bytes, retained: retained, old: old)
        end
        largest(sums, :retained) { |shown, other| { classes: shown, other_classes: other } }
      end

      def class_name(key, type, kind)
        klass = key && @snapshot.node(key)
        return ANONYMOUS if klass && klass.name.nil?

        cut(Snapshot::ClassWords.label(klass, Snapshot::Node::TYPES.fetch(type), kind))
      end

      def ways
        ways = @told.ways(limit: @most, words: WORDS)
        shown = ways.to_h { |way| [way.signature, way_sum(way)] }
        other = OtherSum.new(*ways.other) unless ways.other.ways.zero?
        { ways: shown, other_ways: other }
      end

      def way_sum(way)
        texts = [way.class_name, way.holder, way.location, way.gem, way.told]
        WaySum.new(*texts.map { |text| cut(text) }, way.objects, way.bytes, way.retained)
      end

      def sites
        return { sites: {}, other_sites: nil } unless @snapshot.graph.traced?

        sums = @told.histogram(by: :location, sort: :bytes).each_with_object({}) do |row, all|
          next if row.key.nil? || row.objects.zero?

          add(all[cut(row.key)] ||= SiteSum.new(0, 0), objects: row.objects, bytes: row.bytes)
        end
        largest(sums, :bytes) { |shown, other| { sites: shown, other_sites: other } }
      end

      def add(sum, numbers)
        numbers.each { |name, number| sum[name] += number }
      end

      # Yields the largest of +sums+ (Hash), and what the others are together (OtherSum, nil if
      # there are none).
      def largest(sums, figure)
        sorted = sums.sort_by { |name, sum| [-sum[figure], -sum.bytes, name] }
        other = sorted.drop(@most).map(&:last)
        sum = OtherSum.new(other.size, other.sum(&:objects), other.sum(&:bytes)) if other.any?
        yield sorted.first(@most).to_h, sum
      end

      # A name of at most LONGEST characters. What is longer ends with a hash, so that names which
      # differ remain different.
      def cut(name)
        return name if name.nil? || name.size <= LONGEST

        "#{name[0, LONGEST - DIGITS - 1]}…#{Digest::SHA256.hexdigest(name)[0, DIGITS]}"
      end
    end
    private_constant :Making
  end
end
