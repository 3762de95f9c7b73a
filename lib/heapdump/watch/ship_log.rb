# frozen_string_literal: true

require "json"

module HeapDump
  class Watch
    # What the process says that ships dumps, in DIRECTORY/ship.log. It is a file, because the
    # process goes on when nobody listens any more.
    class ShipLog # :nodoc:
      NAME = "ship.log"
      LARGEST = 64 << 10 # bytes, when a process begins
      PIECE = 64 << 10 # bytes that are read at once
      FLAGS = File::WRONLY | File::CREAT | File::APPEND | File::NOFOLLOW
      READ = File::RDONLY | File::NOFOLLOW | File::NONBLOCK
      private_constant :NAME, :LARGEST, :PIECE, :FLAGS, :READ

      def initialize(directory, stats, voice)
        @path = File.join(directory, NAME)
        @stats = stats
        @voice = voice
      end

      # For Process.spawn.
      def target
        [@path, FLAGS, 0o600]
      end

      # A process begins to write. Raises SystemCallError.
      def start
        @position = File.open(@path, FLAGS, 0o600) do |file|
          file.truncate(0) if file.size > LARGEST
          file.size
        end
        @strange = nil
        @understood = false
      end

      def open?
        !@position.nil?
      end

      # Tells what has come since the last time.
      def tell
        loop do
          text = read
          lines = text[/.*\n/mn] or return
          @position += lines.bytesize
          lines.each_line { |line| line(line.force_encoding(Encoding::UTF_8).chomp) }
        end
      end

      # The process has ended. If there are dumps that +stay+, and it has said nothing that is
      # understood, it has failed before it could: what Ruby or Bundler say begins with the reason.
      def close(stay:)
        @position = nil
        failure(@strange) if stay && @strange && !@understood
      end

      private

      def read
        File.open(@path, READ) { |file| file.pread(PIECE, @position) }
      rescue EOFError, Errno::ENOENT
        "".b
      end

      def line(text)
        event = JSON.parse(text)
        told(event) if event.is_a?(Hash)
      rescue JSON::ParserError, EncodingError
        other(text.scrub)
      end

      def other(words)
        return failure(words.delete_prefix("heapdump: ")) if words.start_with?("heapdump: ")

        @strange ||= words unless words.strip.empty?
      end

      def told(event)
        @understood = true
        case event["event"]
        when "shipped"
          @stats.add(:shipped)
          @voice.say("shipped #{event["file"]} to #{event["address"]}")
        when "failed"
          failure("#{event["error"]} (#{event["file"]}; it stays, and is tried again)",
                  event["error"])
        end
      end

      # The same reason is told once, however many dumps it is of and however often it is tried.
      def failure(words, key = words)
        @understood = true
        @voice.once([:ship, key], "dumps are not shipped: #{words}")
      end
    end
  end
end
