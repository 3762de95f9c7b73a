# frozen_string_literal: true

# Loaded first into a real program: a thread of its own that does what comes in through the socket
# HEAPDUMP_REAL, one line of JSON for each command, and answers with one line.
#
#   {"dump": "/path", "options": {…}}   a dump as everybody takes it
#   {"laws": "/directory"}              a dump between two looks of the oracle
#   {"ruby": "code"}                    the value of some code

require "json"
require "socket"
require "heapdump"

# The thread that waits for commands.
module Inside
  class << self
    def start(path)
      ENV.delete("HEAPDUMP_REAL") # not for the processes that this one starts
      server = UNIXServer.new(path)
      Thread.new do
        Thread.current.report_on_exception = true
        loop { answer(server.accept) }
      end
    end

    # Keeps the process at its end until it is killed.
    def stay
      @stays = true
      sleep
    end

    def stays?
      @stays || false
    end

    private

    def answer(connection)
      line = connection.gets or return
      command = JSON.parse(line, symbolize_names: true)
      connection.puts(JSON.generate(execute(**command)))
    rescue StandardError, ScriptError => e
      connection.puts(JSON.generate("error" => e.full_message(highlight: false)))
    ensure
      connection.close
    end

    def execute(dump: nil, laws: nil, ruby: nil, options: {})
      return { "value" => TOPLEVEL_BINDING.eval(ruby) } if ruby
      return laws(laws) if laws

      result = HeapDump.dump(dump, **options)
      { "objects" => result.objects, "bytes" => result.bytes, "seconds" => result.seconds,
        "pause" => result.pause, "gc_seconds" => result.gc_seconds }
    end

    def laws(directory)
      require "support/sandwich"
      Sandwich.run(directory)
      {}
    end
  end
end

Inside.start(ENV.fetch("HEAPDUMP_REAL")) if ENV["HEAPDUMP_REAL"]
