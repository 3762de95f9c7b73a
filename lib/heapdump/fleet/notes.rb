# frozen_string_literal: true

require "time"
require_relative "../watch/life"

module HeapDump
  module Fleet
    # Puts the notes of watched processes into a store: their memory, minute by minute, and how much
    # work they had done by then.
    class Notes # :nodoc:
      FIELDS = %w[rss private working_set limit live_slots old_objects pages major_gc requests
                  jobs].freeze
      LARGEST = 1 << 62
      private_constant :FIELDS, :LARGEST

      def initialize(store)
        @store = store
      end

      # Those in directories and below them. Returns how many samples were read (Integer): those
      # that are there already stay as they are. Raises StoreError.
      def import(paths)
        directories(paths).sum { |path| lives(path).sum { |life| add(life) } }
      end

      private

      def directories(paths)
        paths.flat_map do |path|
          File.directory?(path) ? Dir.glob("#{glob(path)}/**/") : []
        end.uniq
      end

      def glob(path)
        File.expand_path(path).gsub(/[*?\[\]{}\\]/) { |sign| "\\#{sign}" }
      end

      def lives(directory)
        Watch::Life.all(directory)
      rescue SystemCallError
        []
      end

      def add(life)
        identity = { host: life.host, pid: life.pid, start: life.started,
                     series: life.file.series, app: life.app, ruby: life.ruby }
        process = Rows::Identity.new(identity, life.file.directory)
        samples = samples(life)
        @store.transaction do
          @store.lock(process.id)
          work = work(samples, process.id)
          @store.complete(:process, [process.row])
          @store.add(:sample, samples.map { |at, line| [process.id, at, *numbers(line)] })
          @store.add(:name, work.names)
          @store.add(:work_row, work.rows)
        end
        samples.size
      end

      def samples(life)
        timed = life.samples.filter_map do |line|
          [Time.iso8601(line["time"]).utc, line]
        rescue ArgumentError, TypeError
          nil
        end.uniq(&:first)
        horizon = @store.horizon
        timed = timed.reject { |at, _| at < horizon } if horizon
        timed.to_h.slice(*Clock.of_one_life(timed.map(&:first))).to_a
      end

      def numbers(line)
        line.values_at(*FIELDS).map { |number| number if number?(number) }
      end

      def number?(number)
        number.is_a?(Integer) && number.between?(0, LARGEST)
      end

      Work = Struct.new(:names, :rows)
      private_constant :Work

      # Notes have what was done in each minute, and the store what was done until then. The first
      # minutes of a long life may not be in its notes any more, but they were when others of its
      # minutes came into the store: so its totals go on from the last of those.
      def work(samples, process)
        last = last_of(process)
        totals = Hash.new(0).merge(last ? done(process, last) : {})
        rows = samples.flat_map do |at, line|
          next [] if last && at <= last

          done = Hash.try_convert(line["work"]) || {}
          done.each { |name, number| totals[Rows.text(name)] += number if number?(number) }
          totals.map { |name, number| [process, at, Ids.name(name), Rows.number(number)] }
        end
        Work.new(totals.keys.map { |name| [Ids.name(name), name] }, rows)
      end

      def last_of(process)
        at = @store.row("SELECT max(at) AS at FROM #{@store.table(:sample)} WHERE process_id = ?",
                        process)[:at]
        at && @store.time(at)
      end

      def done(process, at)
        found = @store.query("SELECT name_id, done FROM #{@store.table(:work_row)} " \
                             "WHERE process_id = ? AND at = ?", process, at)
        texts = @store.names(found.map { |row| row[:name_id] })
        found.to_h { |row| [texts.fetch(row[:name_id]), row[:done]] }
      end
    end
  end
end
