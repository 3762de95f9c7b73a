# frozen_string_literal: true

module HeapDump
  # Dumps this process when somebody asks for it over HTTP: a Rack application, for config.ru or for
  # the routes of Rails. It loads no gem.
  #
  #   app = HeapDump::Endpoint.new(token: ENV.fetch("HEAPDUMP_TOKEN"))
  #   map("/admin/heap") { run app }           # config.ru
  #   mount app => "/admin/heap"               # config/routes.rb
  #
  # <tt>POST /admin/heap</tt>, with the token in the header <tt>X-Heapdump-Token</tt>, begins a dump
  # and answers at once, in JSON:
  #
  # 202:: it is being written; +location+ is where to ask what becomes of it, +pid+ and +host+ say
  #       which process it is of
  # 401:: the token is wrong or missing; nothing else is told
  # 409:: a dump into this directory is under way already
  # 421:: <tt>?pid=N</tt> was given, and another process has answered; ask again
  # 503:: a guard forbids the dump: too little memory or disk, a directory in memory, the budget;
  #       the answer says which
  #
  # <tt>GET</tt> of that place says whether the dump is written, its path and figures, whichever
  # process of the server answers. The dump itself is never sent.
  class Endpoint
    OPTIONS = %i[to name strings at_most keep limit logger].freeze
    private_constant :OPTIONS

    # +token+ has 32 characters or more. The options +to+, +name+, +strings+ (+:hash+ if it is not
    # given), +at_most+, +keep+, +limit+ and +logger+ are those of HeapDump.watch, and so are the
    # guards and what is written; both may share a directory. Raises ArgumentError without a token
    # and for wrong options, HeapDump::WriteError if a compression is named whose library is
    # missing.
    #
    #   HeapDump::Endpoint.new(token: ENV.fetch("HEAPDUMP_TOKEN"), to: "/heap")
    def initialize(token:, **options)
      @token = Token.new(token)
      unknown = options.keys - OPTIONS
      unless unknown.empty?
        raise ArgumentError, "unknown option #{unknown.first}:; HeapDump::Endpoint takes token, " \
                             "#{OPTIONS.join(", ")}"
      end
      given = Watch::Options.new(options)
      raise ArgumentError, "to: must be a directory: an endpoint does not ship" if given.address

      @dumping = Dumping.new(given)
    end

    # Answers a request as Rack wants it: status, headers and body (Array). Raises nothing.
    #
    #   status, _headers, body = app.call(env)
    def call(env)
      reply = @token.same?(env["HTTP_X_HEAPDUMP_TOKEN"]) ? answer(env) : unknown
      reply.to_a(head: env["REQUEST_METHOD"] == "HEAD")
    rescue *Trigger::OURS => e
      @dumping.failed(e)
      Reply.refusal(500, "failed", "this could not be answered; the log says why").to_a
    end

    # Shows no token.
    def inspect # :nodoc:
      "#<#{self.class} #{@dumping.directory}>"
    end

    private

    def unknown
      Reply.refusal(401, "no_token", "this needs the token, in the header X-Heapdump-Token")
    end

    def answer(env)
      names = env["PATH_INFO"].to_s.split("/").reject(&:empty?)
      method = env["REQUEST_METHOD"]
      case names.size
      when 0 then method == "POST" ? ask(env) : wrong_method("POST")
      when 2 then method == "GET" ? @dumping.told(*names) : wrong_method("GET")
      else Reply.refusal(404, "not_found", "there is nothing at this path")
      end
    end

    def ask(env)
      query = env["QUERY_STRING"].to_s
      return @dumping.ask(env["SCRIPT_NAME"].to_s) if query.empty?

      pid = query[/\Apid=(\d{1,10})\z/, 1]
      return Reply.refusal(400, "wrong_query", "only ?pid=NUMBER is understood") unless pid

      @dumping.ask(env["SCRIPT_NAME"].to_s, pid.to_i)
    end

    def wrong_method(right)
      Reply.refusal(405, "wrong_method", "only #{right} is answered here",
                    headers: { "allow" => right })
    end
  end
end

require_relative "endpoint/token"
require_relative "endpoint/reply"
require_relative "endpoint/dumping"
