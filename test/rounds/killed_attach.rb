# frozen_string_literal: true

require "heapdump/outside/attach"

# Kills the program that attaches, at a random moment of the time that it needs, if that is wanted.
module KilledAttach
  SECONDS = 0.004

  class << self
    attr_accessor :now

    # Whether this is what a command says of it.
    def killed?(words)
      words.include?("ended without an answer")
    end
  end

  private

  def output_of(pid, reader)
    if KilledAttach.now
      sleep rand(0.0..SECONDS)
      Process.kill(:KILL, pid)
    end
    super
  end
end

HeapDump::Outside::Attach.prepend(KilledAttach)
