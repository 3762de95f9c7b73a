# frozen_string_literal: true

module HeapDump
  class Web
    # Decides who is answered. A server on this machine can be reached by more than its user: by
    # other users of the machine, and by every page that the user's browser shows.
    #
    # - A page whose name leads to this machine (DNS rebinding) sends its own name as Host.
    # - Any other page sends Origin or Sec-Fetch-Site, and may not read an answer, because there is
    #   no header that lets it.
    # - Other users and programs do not know the token. It is no cookie: browsers send cookies to
    #   every port of a host.
    class Guard
      LEAST = 32 # characters of a token
      # What a browser says of a request that none of our own pages makes, but its user.
      OURS = [nil, "same-origin", "none"].freeze
      METHODS = %w[GET HEAD].freeze
      private_constant :OURS, :METHODS

      def initialize(hosts, token, authenticate)
        @hosts = Guard.hosts(hosts)
        unless token.nil? ^ authenticate.nil?
          raise ArgumentError, "give a token or a block that authenticates: whoever reaches this " \
                               "server could read the dumps"
        end
        Guard.demand_long(token) if token
        @token = token
        @authenticate = authenticate
      end

      def self.hosts(hosts)
        return hosts.map(&:downcase).freeze if hosts.is_a?(Array) && hosts.any? &&
                                               hosts.all?(%r{\A[^\s/]+\z})

        raise ArgumentError, "hosts: is an Array of names, each as in the header Host " \
                             "(\"admin.example.com\", \"127.0.0.1:8080\")"
      end

      def self.demand_long(token)
        return if token.is_a?(String) && token.length >= LEAST

        raise ArgumentError, "the token has #{LEAST} characters or more, made by chance; " \
                             "SecureRandom.hex(32) makes one"
      end

      # Refuses what other sites make a browser send, and what would change something. +page+ is
      # true for the page itself, which has no data: links of others may lead to it.
      def check_sender(env, page: false)
        host = env["HTTP_HOST"].to_s.b.downcase # whatever its bytes are
        refuse(421, "wrong_host", "this server does not answer for that host") unless
          @hosts.include?(host)
        unless METHODS.include?(env["REQUEST_METHOD"])
          refuse(405, "wrong_method", "only GET and HEAD are answered",
                 "allow" => METHODS.join(", "))
        end
        return if ours?(env, host) || (page && followed?(env))

        refuse(403, "other_site", "this server does not answer pages of other sites")
      end

      # Refuses who has not authenticated. +data+ is false for the page and what belongs to it,
      # which need no token.
      def authenticate(env, data:)
        known = if @authenticate
                  @authenticate.call(::Rack::Request.new(env))
                else
                  !data || token?(env["HTTP_X_HEAPDUMP_TOKEN"])
                end
        refuse(401, "no_token", "this question needs #{needed}") unless known
      end

      private

      def needed
        @token ? "the token, in the header X-Heapdump-Token" : "a login"
      end

      def token?(given)
        given.is_a?(String) && ::Rack::Utils.secure_compare(given, @token)
      end

      def ours?(env, host)
        origin = env["HTTP_ORIGIN"]
        OURS.include?(env["HTTP_SEC_FETCH_SITE"]) &&
          (origin.nil? || ["http://#{host}", "https://#{host}"].include?(origin))
      end

      # Whether the browser follows a link, to show the page in a window of its own.
      def followed?(env)
        env["HTTP_SEC_FETCH_MODE"] == "navigate" && env["HTTP_SEC_FETCH_DEST"] == "document" &&
          env["HTTP_ORIGIN"].nil?
      end

      def refuse(status, code, message, headers = {})
        raise Refusal.new(status, code, message, headers: headers)
      end
    end
  end
end
