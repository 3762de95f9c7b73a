# frozen_string_literal: true

require "pty"

module Programs
  # Somebody types for a while.
  class Irb < Program
    WANTED = {
      class: "Note",
      summary: [/^live objects/, /^process \(RSS\)/],
      top: [/IRB/],
      why: [/1,000 objects/, /@notes/]
    }.freeze

    def self.what
      "somebody types"
    end

    def self.unable; end

    private

    def session
      start_in_terminal
      work
    ensure
      stop(:KILL)
      @typing&.close
    end

    def start_in_terminal
      @screen, terminal = PTY.open
      @typing = @screen
      start(RbConfig.ruby, "-S", "irb", "-f", env: { "TERM" => "xterm", "HOME" => @directory },
                                              in: terminal, %i[out err] => terminal)
      terminal.close
      @reader = Thread.new { read }
      @lines = 0
    end

    # Whatever it prints is taken away, or it would wait for that.
    def read
      File.open(@log, "wb") { |log| loop { log << @screen.readpartial(4096) } }
    rescue Errno::EIO, IOError
      nil
    end

    def work
      type('require "json"', "class Note; def initialize(text) = @text = text; end",
           '@notes = Array.new(1000) { |i| Note.new("note #{i}") }')
      some_lines
      first = dump
      2.times do
        some_lines
        dump
      end
      laws
      questions(first, WANTED)
      nothing_but_lines
    end

    # It does keep every line that was typed, twice.
    def nothing_but_lines
      answer = ask("leaks", *@dumps)
      holders = answer.text.scan(/held by\s+(.*)/).flatten
      expect(answer, /constant Reline::HISTORY/)
      holders.reject! { |words| words.match?(/Reline::HISTORY|@line of IRB::RelineInputMethod/) }
      complain("leaks tells of #{holders.join("; ")}") if holders.any?
      puts "  leaks of #{@dumps.size} dumps: #{answer.time}"
    end

    def some_lines
      30.times { |i| type("JSON.parse(JSON.generate([#{i}, @notes.size])).sum") }
    end

    # One line after the other, each when the one before is done.
    def type(*lines)
      lines.each do |line|
        @typing.write("#{line}; $typed = #{@lines += 1}\n")
        wait_for("the answer to #{line}") { ruby("$typed") == @lines }
      end
    end
  end
end
