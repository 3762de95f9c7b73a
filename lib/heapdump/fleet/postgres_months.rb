# frozen_string_literal: true

module HeapDump
  module Fleet
    class Postgres < Store
      # The partitions of tables that grow with time.
      module Months # :nodoc:
        private

        # Partitions are attached, which does not hold up importers that write into others.
        def make_months(table, rows)
          at = table.columns.keys.index(:at)
          rows.map { |row| row[at].getutc.strftime(MONTH) }.uniq.each do |month|
            next if @months[[table.name, month]]

            make_month(table, month)
            @months[[table.name, month]] = true
          end
        end

        def make_month(table, month)
          name = "#{table.name}_#{month}"
          return if months_of(table).include?(month)

          run("SELECT pg_advisory_xact_lock(#{LOCK})")
          return if months_of(table).include?(month)

          run("CREATE TABLE #{name} (LIKE #{table.name} INCLUDING ALL)")
          from = Time.utc(*month.split("_").map(&:to_i))
          run("ALTER TABLE #{table.name} ATTACH PARTITION #{name} FOR VALUES " \
              "FROM ('#{plain(from)}') TO ('#{plain(month_after(month))}')")
        end

        def months_of(table)
          query("SELECT c.relname AS name FROM pg_inherits i " \
                "JOIN pg_class c ON c.oid = i.inhrelid " \
                "JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n " \
                "ON n.oid = p.relnamespace WHERE p.relname = ? AND n.nspname = ?",
                table.name.to_s, @schema)
            .map { |row| row[:name].delete_prefix("#{table.name}_") }
        end

        def month_after(month)
          year, number = month.split("_").map(&:to_i)
          number == 12 ? Time.utc(year + 1) : Time.utc(year, number + 1)
        end
      end
    end
  end
end
