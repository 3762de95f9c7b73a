# frozen_string_literal: true

require "rack"
require_relative "snapshot"
require_relative "terminal"

module HeapDump
  # Dumps in a browser: a Rack application that answers questions about dumps as JSON, and serves
  # the page that asks them. `heapdump ui` runs it for one user on one machine. An operator may
  # mount it over a directory of dumps:
  #
  #   map "/heapdump" do
  #     run HeapDump::Web.new(dumps: "/var/tmp/heaps", hosts: ["admin.example.com"],
  #                           token: ENV.fetch("HEAPDUMP_TOKEN"))
  #   end
  #
  # The questions and their answers are described in docs/api.md. Nothing that is asked changes
  # anything: only GET and HEAD are answered.
  #
  # Dumps that are open, and the jobs of slow questions, belong to one process. A server with
  # several worker processes opens each dump in each of them, so run this in a process of its own,
  # or in a server with one.
  class Web
    autoload :Assets, "#{__dir__}/web/assets"
    autoload :Browser, "#{__dir__}/web/browser"
    autoload :Dump, "#{__dir__}/web/dump"
    autoload :Dumps, "#{__dir__}/web/dumps"
    autoload :Facts, "#{__dir__}/web/facts"
    autoload :FleetStore, "#{__dir__}/web/fleet_store"
    autoload :Guard, "#{__dir__}/web/guard"
    autoload :Job, "#{__dir__}/web/job"
    autoload :Jobs, "#{__dir__}/web/jobs"
    autoload :Kinds, "#{__dir__}/web/kinds"
    autoload :Opened, "#{__dir__}/web/opened"
    autoload :Parameters, "#{__dir__}/web/parameters"
    autoload :Question, "#{__dir__}/web/question"
    autoload :QUESTIONS, "#{__dir__}/web/questions"
    autoload :Questions, "#{__dir__}/web/questions"
    autoload :Refusal, "#{__dir__}/web/refusal"
    autoload :Reply, "#{__dir__}/web/reply"
    autoload :Requests, "#{__dir__}/web/requests"
    autoload :Server, "#{__dir__}/web/server"
    autoload :Timeline, "#{__dir__}/web/timeline"

    # Where the questions are. A new number comes with the first change that an old client would not
    # understand.
    API = "/api/v1/"

    # The dumps (Dumps).
    attr_reader :dumps # :nodoc:

    # +dumps+::  the paths of dumps (Array), or a directory, where new dumps are found as they come
    # +store+::  the address of the store of a fleet (String, as for HeapDump::Fleet.open), to show
    #            what leaks in it. It is only read, and no answer says where it is.
    # +hosts+::  by which names a browser reaches this server (Array of String, each exactly as in
    #            the header Host: "admin.example.com", "127.0.0.1:8080"). A request with any other
    #            Host is refused, because it may come from a page of a stranger whose name leads
    #            here.
    # +token+::  what each question has to bring in the header X-Heapdump-Token (String of 32
    #            characters or more, made by chance). The page asks for it if the address has none
    #            behind its "#token=".
    # +index+, +strict+:: as for Snapshot.open
    #
    # With a block in place of a token, the block decides about each request (Rack::Request), also
    # about the page itself: it is answered if the block returns a true value.
    #
    # Raises ArgumentError without dumps and a store, without a token and a block, for a token that
    # is too short, and without a name of a host; and Error for an address of a store that is none.
    #
    #   HeapDump::Web.new(dumps: ["heap.json"], hosts: ["localhost:9292"]) do |request|
    #     request.env["warden"].user&.admin?
    #   end
    def initialize(hosts:, dumps: nil, store: nil, token: nil, index: :auto, strict: false,
                   &authenticate)
      raise ArgumentError, "give dumps:, store: or both" unless dumps || store

      @guard = Guard.new(hosts, token, authenticate)
      @dumps = Dumps.new(dumps || [], index: index, strict: strict)
      @fleet = FleetStore.new(store)
      @jobs = Jobs.new
    end

    # Answers a request, as Rack defines it.
    def call(env)
      reply = reply_to(env)
      env["REQUEST_METHOD"] == "HEAD" ? Reply.without_body(reply) : reply
    end

    def inspect # :nodoc:
      "#<#{self.class} #{dumps.inspect}>"
    end

    private

    def reply_to(env)
      admit(env)
    rescue Refusal => e
      refused(env, e)
    rescue StandardError, ScriptError, SystemStackError, NoMemoryError => e
      refused(env, Refusal.failed(e))
    end

    def refused(env, refusal)
      note(env, refusal.error) if refusal.error
      Reply.refusal(refusal)
    end

    def admit(env)
      path = env["PATH_INFO"].to_s
      @guard.check_sender(env, page: Assets.page?(path))
      return Reply.moved(env) if path.empty?

      asset = Assets.at(path)
      kind = QUESTIONS[path.delete_prefix(API)] if path.start_with?(API)
      raise Refusal.new(404, "no_such_path", "there is nothing at this path") unless asset || kind

      @guard.authenticate(env, data: kind)
      asset ? Reply.of(200, asset.type, asset.text) : answer(env, kind)
    end

    def answer(env, kind)
      given = Parameters.new(kind.parameters).read(env["QUERY_STRING"])
      question = kind.new(given, @dumps, @jobs, @fleet)
      job = question.job or return Reply.json(200, question.answer)
      Reply.of_job(job, "#{env["SCRIPT_NAME"]}#{API}job?id=#{job.id}")
    end

    # What went wrong, for whoever runs the server.
    def note(env, error)
      lines = ["heapdump: #{error.class}: #{error.message}", *error.backtrace]
      env["rack.errors"]&.puts(lines.map { |line| Terminal::Text.safe(line) })
    end
  end
end
