# frozen_string_literal: true

module HeapDump
  module Ship
    # Addresses of servers: which of them must not be used. URI's own messages repeat the address,
    # so they are not passed on.
    module PlainHTTP # :nodoc:
      PARTS = %r{\Ahttps?://(?<authority>[^/?#]*)(?<rest>.*)\z}im
      HOST = /\A(?:\[[\h:.]+\]|(?:[\w.~!$&'()*+,;=-]|%\h\h)+)(?::\d*)?\z/
      # Of characters that need not be written as %XX; an address of a dump may have %{name}.
      REST = %r{\A(?:/(?:[\w.~!$&'()*+,;=:@/-]|%\h\h)*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%\h\h)*)?
                (?:\#(?:[\w.~!$&'()*+,;=:@/?-]|%\h\h)*)?\z}x
      # Of this machine: there is no network in between.
      LOOPBACK = /\A(?:localhost|127(?:\.\d{1,3}){3}|\[(?=.*:)[0:]+1\])(?::\d*)?\z/i
      PLAIN_HTTP = "say --plain-http"
      private_constant :PARTS, :HOST, :REST, :LOOPBACK, :PLAIN_HTTP

      module_function

      # The address (URI::HTTP). The rest is as in ::check.
      def parse(text, what, **plain)
        check(text, what, **plain)
        require "uri"
        URI.parse(text)
      rescue URI::Error
        raise Error, invalid(what)
      end

      # Raises HeapDump::Error if it is no address, has a password, or would send a dump over the
      # network as plain text. +what+ is its name in messages, +instead+ what may be done else.
      # Nothing is loaded for that.
      def check(text, what, allowed: false, instead: PLAIN_HTTP)
        parts = PARTS.match(text)
        authority = parts ? parts[:authority] : ""
        raise Error, password(what) if authority.include?("@")
        raise Error, "#{what} needs a host" if authority.sub(/:\d*\z/, "").empty?
        raise Error, invalid(what) unless authority.match?(HOST) && parts[:rest].match?(REST)
        return if allowed || text.match?(/\Ahttps:/i) || authority.match?(LOOPBACK)

        raise Error, "#{what} with http:// would send a dump over the network as plain text; use " \
                     "https://, or #{instead}"
      end

      # The header Authorization (String), nil if there is none. Files end with a line break.
      def authorization
        text = ENV.fetch("HEAPDUMP_AUTHORIZATION", "").b.strip
        raise Error, "HEAPDUMP_AUTHORIZATION has a line break in it" if text.match?(/[\r\n]/)

        text unless text.empty?
      end

      def invalid(what)
        "#{what} is no valid address (special characters have to be written as %XX)"
      end
      private_class_method :invalid

      def password(what)
        "#{what} has a user or password in it, which others could see; put what the server wants " \
          "in its header Authorization into HEAPDUMP_AUTHORIZATION, and keys of S3 where its SDK " \
          "looks for them"
      end
      private_class_method :password
    end
  end
end
