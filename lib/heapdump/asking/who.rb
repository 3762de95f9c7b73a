# frozen_string_literal: true

module HeapDump
  module Asking
    # A process, as a request names it. +life+ tells processes with the same number apart.
    Who = Struct.new(:app, :role, :host, :pid, :life, keyword_init: true) do # :nodoc:
      # Of this process; +names+ are those of its watch.
      def self.of(names)
        new(app: names.app, role: role, host: names.host, pid: names.pid, life: names.series)
      end

      # HEAPDUMP_ROLE, else what Heroku and its kind call a process: web of web.1. nil if nobody
      # says.
      def self.role
        given = ENV.fetch("HEAPDUMP_ROLE", "")
        given = ENV.fetch("DYNO", "")[/\A[^.]+/].to_s if given.empty?
        given.empty? ? nil : given[0, 64]
      end

      def key
        "#{host}-#{pid}-#{life}"
      end
    end
  end
end
