# frozen_string_literal: true

require "json"

module HeapDump
  module Asking
    # Signals for processes of Sidekiq, through Redis: each process looks every ten seconds whether
    # its list has one, and sends it to itself. What they answer, nobody hears. Methods raise Down.
    class SidekiqSignals # :nodoc:
      LIVES = 60 # seconds after which Redis forgets a signal, as Sidekiq does it
      TIMEOUT = 5
      private_constant :TIMEOUT

      # A process that Sidekiq knows. +embedded+: Sidekiq is a guest there, and takes no signals.
      Known = Struct.new(:identity, :tag, :host, :pid, :embedded, keyword_init: true)

      # Raises LoadError, with what to do.
      def self.load
        Asking.need("redis-client", "to ask over Sidekiq's Redis")
      end

      # +name+ is the address without credentials.
      def initialize(url, name)
        SidekiqSignals.load
        @url = url
        @name = name
      end

      def to_s
        @name
      end
      alias inspect to_s # Ruby puts it into messages of errors

      # All processes (Known) that have told Redis of themselves in the last minute.
      def processes
        redis("SMEMBERS", "processes").sort.filter_map do |identity|
          info = redis("HGET", identity, "info") or next
          info = JSON.parse(info)
          known(identity, info) if info.is_a?(Hash)
        rescue JSON::ParserError, TypeError
          nil # of a version that we do not know
        end
      end

      def send_to(process)
        redis("LPUSH", list(process), SIGNAL)
        redis("EXPIRE", list(process), LIVES)
      end

      # Whether the process has taken its signals.
      def taken?(process)
        redis("LLEN", list(process)).zero?
      end

      # Nobody sends what was not taken.
      def take_back(process)
        redis("LREM", list(process), 1, SIGNAL)
      end

      def close
        @client&.close
      end

      private

      def list(process)
        "#{process.identity}-signals"
      end

      def known(identity, info)
        Known.new(identity: identity, tag: info["tag"], host: info.fetch("hostname").to_s,
                  pid: Integer(info.fetch("pid")), embedded: info["embedded"] ? true : false)
      rescue KeyError, ArgumentError
        nil
      end

      def redis(*command)
        @client ||= ::RedisClient.config(url: @url, timeout: TIMEOUT).new_client
        @client.call(*command)
      rescue ::RedisClient::Error, SystemCallError => e
        raise Down, e.message.scrub.lines.first.to_s.strip
      rescue ArgumentError, URI::Error
        raise Down, "this is no address of a Redis server"
      end
    end
  end
end
