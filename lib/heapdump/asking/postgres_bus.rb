# frozen_string_literal: true

require "json"

module HeapDump
  module Asking
    # Requests in three tables of a PostgreSQL database, over a connection of its own, which is made
    # when it is first needed and again after it broke. NOTIFY wakes processes that LISTEN; where it
    # does not arrive, as behind a pooler that shares connections, they only look every 30 seconds.
    # Methods raise Down.
    class PostgresBus # :nodoc:
      CHANNEL = "heapdump_ask"
      POLL = 30 # seconds between looks at the tables; also what keeps the connection alive
      PROBE = 5 # seconds after which a notification has been lost; a busy server needs some
      KEPT = 7 * 86_400 # seconds for which a request that is over can be looked at
      MOST = 1 << 16 # bytes of a request; ours are shorter
      MOST_OPEN = 1000
      NOW = "extract(epoch FROM now())::bigint" # the clocks of hosts may differ, this one is shared
      PARAMETERS = { connect_timeout: 5, keepalives_idle: 20, keepalives_interval: 5,
                     keepalives_count: 3, tcp_user_timeout: 20_000,
                     fallback_application_name: "heapdump" }.freeze
      # Of two that make a table at once one fails, IF NOT EXISTS or not; so the second one waits
      # until the transaction of the first has ended. The number is "heap".
      TABLES = <<~SQL
        SELECT pg_advisory_xact_lock(1751474544);
        CREATE TABLE IF NOT EXISTS heapdump_asks (
          id text PRIMARY KEY, made bigint NOT NULL, until bigint NOT NULL, ends bigint NOT NULL,
          body text NOT NULL, cancelled boolean NOT NULL DEFAULT false);
        CREATE TABLE IF NOT EXISTS heapdump_ask_places (
          ask text REFERENCES heapdump_asks ON DELETE CASCADE, place integer, who text NOT NULL,
          seen bigint, PRIMARY KEY (ask, place));
        ALTER TABLE heapdump_ask_places ADD COLUMN IF NOT EXISTS seen bigint;
        CREATE TABLE IF NOT EXISTS heapdump_ask_steps (
          ask text REFERENCES heapdump_asks ON DELETE CASCADE, who text, n integer,
          body text NOT NULL, PRIMARY KEY (ask, who, n));
      SQL
      private_constant :PROBE, :KEPT, :MOST, :MOST_OPEN, :NOW, :PARAMETERS, :TABLES

      # Raises LoadError, with what to do.
      def self.load
        Asking.need("pg", "to ask over PostgreSQL")
      end

      # +name+ is the address without credentials.
      def initialize(url, name)
        PostgresBus.load
        @url = url
        @name = name
      end

      def to_s
        @name
      end
      alias inspect to_s # Ruby puts it into messages of errors

      # For processes that dump.

      def open(_clock)
        rows = query("SELECT body FROM heapdump_asks WHERE until >= #{NOW} AND NOT cancelled " \
                     "AND octet_length(body) <= #{MOST} ORDER BY made, id LIMIT #{MOST_OPEN}")
        rows.filter_map { |row| Request.read(row["body"]) }
      end

      def cancelled?(id)
        rows = query("SELECT cancelled FROM heapdump_asks WHERE id = $1", id)
        rows.empty? || rows.first["cancelled"] == "t"
      end

      # A place that no other process has; nil if all are taken. Whoever has a place already gets
      # that: the connection may have broken before it heard of it.
      def claim(request, who)
        rows = query("SELECT place, who = $2 AS mine FROM heapdump_ask_places WHERE ask = $1 AND " \
                     "(who = $2 OR seen IS NULL OR seen >= #{NOW} - #{Lease::TIME})",
                     request.id, who.key)
        mine, taken = rows.partition { |row| row["mine"] == "t" }
        return Integer(mine.first["place"]) if mine.any?

        # Others are left alone: also a row that is not changed is locked, and written to the disk.
        ((1..request.count).to_a - taken.map { |row| Integer(row["place"]) }).find do |place|
          query("INSERT INTO heapdump_ask_places AS old VALUES ($1, $2, $3, #{NOW}) " \
                "ON CONFLICT (ask, place) DO UPDATE SET who = excluded.who, seen = excluded.seen " \
                "WHERE old.seen < #{NOW} - #{Lease::TIME} RETURNING place",
                request.id, place, who.key).any?
        end
      end

      # A sign of life. Returns whether the place is still that of +who+.
      def renewed?(id, place, who)
        query("UPDATE heapdump_ask_places SET seen = #{NOW} WHERE ask = $1 AND place = $2 " \
              "AND who = $3 RETURNING place", id, place, who.key).any?
      end

      # The place is nobody else's, whether there are signs of life or not.
      def keep(id, place, who)
        query("UPDATE heapdump_ask_places SET seen = NULL WHERE ask = $1 AND place = $2 " \
              "AND who = $3", id, place, who.key)
      end

      def free(id, place, who)
        query("DELETE FROM heapdump_ask_places WHERE ask = $1 AND place = $2 AND who = $3",
              id, place, who.key)
      end

      # Only once, however often it is told. A request that is gone is nobody's.
      def tell(id, who, step)
        query("INSERT INTO heapdump_ask_steps SELECT id, $2, $3, $4 FROM heapdump_asks " \
              "WHERE id = $1 ON CONFLICT DO NOTHING", id, who.key, step[:n], Progress.line(step))
      end

      # Begins to listen. Returns whether notifications arrive.
      def listen
        query("LISTEN #{CHANNEL}")
        probe = Asking.chance(8)
        # Over another connection: a pooler hands to whoever notifies what it has itself caused.
        other = connect
        other.exec_params("SELECT pg_notify($1, $2)", [CHANNEL, probe])
        @listened = @connection
        heard?(probe) or (query("UNLISTEN #{CHANNEL}") && false) # others have that connection, too
      rescue ::PG::Error => e
        broken(e)
      ensure
        other&.close
      end

      # Waits for a notification, for +bell+ (an IO), or until the time is over.
      def wait(seconds, bell)
        socket = @connection&.socket_io
        return if notified?

        ready, = IO.select([bell, socket].compact, nil, nil, seconds)
        @connection&.consume_input if socket && ready&.include?(socket)
      rescue ::PG::Error, IOError => e
        broken(e)
      end

      # Whether the connection is one that has not listened yet: whatever is asked after it broke
      # makes another one.
      def new?
        @connection.nil? || !@connection.equal?(@listened)
      end

      def close
        @connection&.close
      rescue ::PG::Error
        nil
      ensure
        @connection = @listened = nil
      end

      # In a forked child: what libpq says at its end must not reach the parent's server.
      def forget
        @connection&.socket_io&.reopen(File::NULL)
        @connection = nil
      rescue ::PG::Error, SystemCallError, IOError
        @connection = nil
      end

      # For who asks.

      # Puts a request there, and wakes who listens. Those that are long over are removed.
      def publish(request)
        tables
        query("DELETE FROM heapdump_asks WHERE ends < #{NOW} - #{KEPT}")
        query("INSERT INTO heapdump_asks VALUES ($1, #{NOW}, #{NOW} + $2, #{NOW} + $3, $4)",
              request.id, request.until - request.made, request.end - request.made,
              request.to_json)
        notify(request.id)
      end

      def all
        rows = query("SELECT body FROM heapdump_asks ORDER BY made, id")
        rows.filter_map { |row| Request.read(row["body"]) }
      end

      def steps(id)
        rows = query("SELECT body FROM heapdump_ask_steps WHERE ask = $1", id)
        steps = rows.filter_map { |row| Progress.step(row["body"]) }
        steps.sort_by { |step| [step["time"], step["host"], step["pid"], step["n"]] }
      end

      # Returns the id; nil if there is no such request.
      def cancel(id)
        rows = query("UPDATE heapdump_asks SET cancelled = true WHERE id = $1 RETURNING id", id)
        notify(id) if rows.any?
        rows.first&.fetch("id")
      end

      private

      # Rows (Hashes). As long as nobody has asked, there are no tables, and no rows.
      def query(sql, *values)
        @connection ||= connect
        @connection.exec_params(sql, values).to_a
      rescue ::PG::UndefinedTable
        []
      rescue ::PG::Error, SystemCallError, IOError => e # something may have closed its socket
        broken(e)
      end

      def connect
        connection = ::PG.connect(@url, **PARAMETERS)
        connection.set_notice_processor { |_| nil }
        connection
      rescue ::PG::Error => e
        broken(e)
      end

      def broken(error)
        close
        raise Down, error.message.to_s.scrub.lines.first.to_s.strip
      end

      def tables
        return if query("SELECT FROM pg_attribute WHERE attname = 'seen' AND " \
                        "attrelid = to_regclass('heapdump_ask_places')").any?

        @connection.exec(TABLES)
      rescue ::PG::Error => e
        broken(e)
      end

      def notify(id)
        query("SELECT pg_notify($1, $2)", CHANNEL, id)
      end

      def heard?(probe)
        deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + PROBE
        loop do
          left = deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC)
          return false unless left.positive?

          @connection.wait_for_notify(left) { |_, _, payload| return true if payload == probe }
        end
      end

      # Whether there was a notification. Which one does not matter.
      def notified?
        return false unless @connection

        heard = @connection.notifies
        nil while @connection.notifies
        !heard.nil?
      end
    end
  end
end
