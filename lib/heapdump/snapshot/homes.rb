# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Home folders in paths, and with them the names of their users.
    #
    #   Homes.hide("block in go /home/alice/shop/app.rb:9") # => "block in go ~/shop/app.rb:9"
    module Homes # :nodoc:
      # What may stand before a path in a text, and what behind the home folder.
      BEFORE = /(?<![^\s"'(<\[=:,])/
      AFTER = %r{(?=[/:\s"')\],]|\z)}
      # Folders where systems have homes. The name of a user may contain blanks if a "/" follows.
      USERS = %r{(?:/(?:export|usr|var|srv|mnt|data|Volumes/[^/]+))?/(?:home|Users)/
                 (?:[^/\n:"']+(?=/)|[^/\s:"'()\[\],]+)|/(?:var/)?root}x
      private_constant :BEFORE, :AFTER, :USERS

      class << self
        # The text with "~" for each home folder: those of others, and that of the user who asks.
        def hide(text)
          text = Terminal::Text.valid(text)
          text.match?(pattern) ? text.gsub(pattern, "~") : text
        end

        private

        def pattern
          @pattern ||= /#{BEFORE}(?:#{Regexp.union(*own, USERS)})#{AFTER}/
        end

        # The home folder of this user, unless it is "/" or a folder below it.
        def own
          [Dir.home].select { |home| home.count("/") > 1 }
        rescue ArgumentError # nobody has a home here
          []
        end
      end
    end
  end
end
