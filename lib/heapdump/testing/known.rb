# frozen_string_literal: true

module HeapDump
  module Testing
    # Signatures of leaks that are known, each with a reason, from a file that people write:
    #
    #   e5a7cd3b35c04bf7  # subscribers, see issue 12
    #
    #   Known.read("test/leaks.txt").reason_for(grown) # => "subscribers, see issue 12"
    module Known # :nodoc:
      LINE = /\A(?<signature>\h{16})\s*(?:#\s*(?<reason>.*\S))?\s*\z/
      private_constant :LINE

      # Returns an Ignored, an empty one if there is no such file. Raises ArgumentError for a line
      # without a signature or without a reason.
      def self.read(path)
        lines = File.exist?(path) ? File.readlines(path, chomp: true) : []
        Ignored.new(lines.each.with_index(1).with_object({}) do |(line, number), all|
          next if line.scrub.match?(/\A\s*(?:#|\z)/)

          found = LINE.match(line.scrub.strip)
          unless found && found[:reason]
            raise ArgumentError, "#{path}:#{number} needs 16 hexadecimal digits, " \
                                 "and behind # the reason"
          end
          all[found[:signature].downcase] = found[:reason]
        end)
      end
    end
  end
end
