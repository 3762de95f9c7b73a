# frozen_string_literal: true

require "ipaddr"
require "uri"

module HeapDump
  module Ship
    # Addresses of servers: which of them must not be used. URI's own messages repeat the address,
    # so they are not passed on.
    module PlainHTTP # :nodoc:
      module_function

      # The address (URI::HTTP). Raises HeapDump::Error if it is none, has a password, or would send
      # a dump over the network as plain text. +what+ is its name in messages.
      def parse(text, what, allowed:)
        uri = URI.parse(text)
        raise Error, "#{what} needs a host" if !uri.is_a?(URI::HTTP) || uri.hostname.to_s.empty?
        raise Error, password(what) if uri.userinfo
        return uri if uri.is_a?(URI::HTTPS) || allowed || loopback?(uri.hostname)

        raise Error, "#{what} with http:// would send a dump over the network as plain text; use " \
                     "https://, or say --plain-http"
      rescue URI::Error
        raise Error, "#{what} is no valid address (special characters have to be written as %XX)"
      end

      def loopback?(host)
        host == "localhost" || IPAddr.new(host).loopback?
      rescue IPAddr::Error
        false
      end

      def password(what)
        "#{what} has a user or password in it, which others could see; put what the server wants " \
          "in its header Authorization into HEAPDUMP_AUTHORIZATION, and keys of S3 where its SDK " \
          "looks for them"
      end
      private_class_method :loopback?, :password
    end
  end
end
