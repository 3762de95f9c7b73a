# frozen_string_literal: true

require_relative "../dump_files"

module HeapDump
  module Fleet
    # The rows of one dump, made of its Extract. Small classes and ways have none, unless the
    # process had a row of them in its dump before; what it had then and has no more gets a row of
    # zeros.
    class Rows # :nodoc:
      LEAST_OBJECTS = 100
      LEAST_BYTES = 16 << 10
      MOST_WAYS = 1_000 # the largest, besides those that the process had before
      LARGEST = 1 << 62
      private_constant :LEAST_OBJECTS, :LEAST_BYTES, :MOST_WAYS, :LARGEST

      autoload :Identity, "#{__dir__}/identity"

      # Texts without what no database takes. Where the locale has no encoding, names of files are
      # UTF-8 all the same.
      def self.text(text)
        text && String.new(text.to_s, encoding: Encoding::UTF_8).scrub("�").tr("\0", "␀")
      end

      # A number of 0 or more that all databases take; a larger one counts as the largest. nil for
      # what is no such number.
      def self.number(value)
        [value, LARGEST].min if value.is_a?(Integer) && value >= 0
      end

      # Whether a class (its objects and bytes) or a way (its objects and retained bytes) has a row,
      # whatever was in the dump before.
      def self.large?(objects, bytes)
        objects >= LEAST_OBJECTS || bytes >= LEAST_BYTES
      end

      attr_reader :process_id, :dump_id

      # +file+ is a Source::File. +known+ has what the process had rows of in its dump before:
      # +:classes+ (names) and +:ways+ (signatures).
      def initialize(extract, file)
        @extract = extract
        @file = file
        dump = file.uri.delete_suffix(DumpFiles::EXTRACT)
        @identity = Identity.new(extract.identity, file.directory, dump)
        @process_id = @identity.id
        @dump_id = Ids.dump(process_id, at)
        @names = {} # their numbers by their texts
      end

      def at
        @extract.time
      end

      def process
        @identity.row
      end

      def dump
        extract = @extract
        texts = [extract.identity[:revision], extract.rule, @file.uri]
        [dump_id, process_id, at, *texts.map { |text| Rows.text(text) }, @file.bytes,
         *numbers(extract.objects, extract.held_objects, extract.held_bytes, extract.garbage_bytes,
                  *extract.gc.values_at(:count, :major_gc_count, :total_allocated_objects),
                  *extract.account.values_at(:rss, :private), unexplained,
                  *[extract.other_classes, extract.other_ways].map { |sum| sum&.objects.to_i }),
         extract.warnings.map { |line| Rows.text(line) }.join("\n")]
      end

      # By table (Hash of Symbol to Array of rows): what belongs to this dump alone.
      def of_dump(known)
        classes = chosen(by_text(@extract.classes), known[:classes], :bytes)
        ways = ways(known[:ways])
        { part_row: parts, class_row: classes.map { |name, sum| class_row(name, sum) },
          way_row: ways.map { |signature, sum| way_row(signature, sum) },
          site_row: by_text(@extract.sites).filter_map { |name, sum| site_row(name, sum) },
          work_row: work.map { |name, done| [process_id, at, named(name), *numbers(done)] } }
      end

      # Rows that several dumps have in common, of what #of_dump has named.
      def in_common
        { name: @names.map { |text, id| [id, text] },
          way: @extract.ways.slice(*@shown).map { |signature, sum| way(signature, sum) } }
      end

      private

      def unexplained
        parts = @extract.account.values_at(:other_malloc, :rest).compact
        parts.sum unless parts.empty?
      end

      def parts
        @extract.account.map { |part, bytes| [process_id, at, part.to_s, *numbers(bytes)] }
      end

      def work
        by_text(@extract.work.transform_values { |done| [done] }).transform_values(&:first)
      end

      def numbers(*all)
        all.map { |number| Rows.number(number) }
      end

      # Names that differ may become the same text: then what they have is added up.
      def by_text(sums)
        sums.each_with_object({}) do |(name, sum), all|
          text = Rows.text(name)
          before = all[text]
          all[text] = before ? sum.dup.tap { |both| add(both, before) } : sum
        end
      end

      def add(sum, other)
        sum.each_with_index { |number, at| sum[at] = number + other[at] }
      end

      # The number of a name, which then gets a row.
      def named(text)
        text = Rows.text(text)
        @names[text] ||= Ids.name(text)
      end

      def chosen(sums, known, figure)
        had = known.to_h { |name| [name, nil] }
        kept = sums.select do |name, sum|
          Rows.large?(sum.objects, sum[figure]) || had.key?(name)
        end
        kept.merge(had.except(*kept.keys))
      end

      def ways(known)
        ways = @extract.ways
        largest = ways.first(MOST_WAYS).to_h
        more = ways.slice(*known)
        chosen = chosen(largest.merge(more), known, :retained)
        @shown = chosen.keys
        chosen
      end

      def class_row(name, sum)
        figures = sum ? [sum.objects, sum.bytes, sum.retained, sum.old] : [0, 0, 0, 0]
        [process_id, at, named(name), *numbers(*figures)]
      end

      def way_row(signature, sum)
        figures = sum ? [sum.objects, sum.bytes, sum.retained] : [0, 0, 0]
        [process_id, at, signature, *numbers(*figures)]
      end

      def site_row(name, sum)
        return unless Rows.large?(sum.objects, sum.bytes)

        [process_id, at, named(name), *numbers(sum.objects, sum.bytes)]
      end

      def way(signature, sum)
        [signature, *[sum.class_name, sum.holder, sum.told, sum.location, sum.gem]
          .map { |value| Rows.text(value) }]
      end
    end
  end
end
