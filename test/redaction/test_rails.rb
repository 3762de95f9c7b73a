# frozen_string_literal: true

require "test_helper"
require "heapdump/html"
require "support/with_rails"

# What a redacted dump of a Rails app tells of its secrets: nothing, wherever they are. No more does
# a report, or a redacted snapshot, of a dump that has them all.
class TestRedactionRails < HeapDumpTest
  include WithRails

  MARK = "Zq8vKp"

  # Where secrets are kept. Each comes through a pipe, so that no literal of the code holds it.
  PLACES = %w[
    environment parameter header cookie session body secret_key_base credential attribute error
    cause cache log password symbol hash_key symbol_key nested_key ivar generic_ivar frozen shared
    substring embedded long rope regexp match capture gsub thread_name thread_local fiber_local
    thread_variable thread_argument suspended_fiber enumerator lazy struct keyword set weak_key
    finalizer global class_variable constant captured default bound_method stringio io_buffer uri
    notification queue tagged utf16 binary broken interned to_proc method_argument format_result
    heredoc pack tempfile_content time_zone
  ].freeze

  APP = <<~'RUBY'
    require "json"
    require "stringio"
    require "set"
    require "uri"
    require "tempfile"
    SECRETS = JSON.parse(STDIN.read)
    S = ->(name) { SECRETS.fetch(name).dup }
    require "support/rails_app"
    require "active_support/cache"
    require "heapdump"
    RailsApp::Application.config.secret_key_base = S["secret_key_base"] * 4
    Dir.chdir(ARGV[0]) { RailsApp.boot }
    ENV["HEAPDUMP_SECRET"] = S["environment"]

    class Vault
      Account = Struct.new(:token)
      Options = Struct.new(:token, keyword_init: true)
      KEPT = [S["constant"]]
      @@all = [S["class_variable"]]

      def initialize(secret) = @password = secret
      def call(secret) = Fiber.yield(secret.size) && secret

      def self.sleeper(name, argument, local, variable)
        ready = Queue.new
        thread = Thread.new(argument) { |own| ready << 1; sleep; own }
        thread.name = name
        thread[:token] = local
        thread.thread_variable_set(:token, variable)
        ready.pop
        Thread.pass until thread.stop?
        thread
      end

      def self.error(message, cause)
        begin
          raise ArgumentError, cause
        rescue ArgumentError
          raise message
        end
      rescue => e
        e
      end
    end

    browser = Rack::MockRequest.new(RailsApp::Application)
    environment = Rack::MockRequest.env_for(
      "/sessions", method: "POST", params: { name: S["parameter"] },
      "HTTP_AUTHORIZATION" => "Bearer #{S["header"]}", "HTTP_COOKIE" => "id=#{S["cookie"]}",
      "rack.session" => { "user" => S["session"] }
    )
    response = RailsApp::Application.call(environment)
    log = StringIO.new
    logger = ActiveSupport::TaggedLogging.new(Logger.new(log))
    logger.push_tags(S["tagged"])
    logger.info("signed in #{S["log"]}")
    cache = ActiveSupport::Cache::MemoryStore.new
    cache.write(S["cache"], "known")
    events = []
    ActiveSupport::Notifications.subscribe("secret") { |*event| events << event }
    ActiveSupport::Notifications.instrument("secret", token: S["notification"])
    object = Object.new
    object.instance_variable_set(:@token, S["generic_ivar"])
    list = [1]
    list.instance_variable_set(:@token, S["generic_ivar"])
    fiber = Fiber.new { |own| Fiber.yield; own }
    fiber.resume(S["suspended_fiber"])
    called = Fiber.new { Vault.new(nil).call(S["method_argument"]) }
    called.resume
    weak = ObjectSpace::WeakMap.new
    weak[key = S["weak_key"]] = key
    finalized = Object.new
    ObjectSpace.define_finalizer(finalized, S["finalizer"].then { |text| proc { text } })
    queue = Queue.new
    queue << S["queue"]
    rope = +""
    S["rope"].each_char { |char| rope << char }
    shared = (S["shared"] * 100).freeze
    uri = URI.parse("postgres://app:#{S["uri"]}@db/production")
    file = Tempfile.new
    file.write(S["io_buffer"])
    temporary = Tempfile.new
    temporary.write(S["tempfile_content"])
    temporary.rewind
    temporary.getc
    Fiber[:token] = S["fiber_local"] if Fiber.respond_to?(:[]=)
    Thread.current[:token] = S["fiber_local"]
    $secret = S["global"]
    $keep = [
      response, environment, browser, log, logger, cache, events, object, list, fiber, called, weak,
      finalized, queue, rope, shared, shared[300..], uri, file, temporary, Vault.new(S["ivar"]),
      RailsApp::Session.new(name: S["attribute"]), { database: { password: S["credential"] } },
      Vault.error(S["error"], S["cause"]), BCrypt = S["password"], S["symbol"].to_sym,
      { S["hash_key"] => 1, S["symbol_key"].to_sym => 2, 3 => { S["nested_key"] => 4 } },
      S["frozen"].freeze, (S["substring"] * 50)[100..], S["embedded"], S["long"] * 5000,
      Regexp.new("a#{S["regexp"]}+"), /(\w+)_/.match(S["match"]), S["capture"].match(/_(?<x>.*)/),
      S["gsub"].gsub(/x/) { $& },
      Vault.sleeper(S["thread_name"], S["thread_argument"], S["thread_local"],
                    S["thread_variable"]),
      S["enumerator"].each_char, [S["lazy"]].lazy.map(&:upcase), Vault::Account.new(S["struct"]),
      Vault::Options.new(token: S["keyword"]), Set[S["set"]], Hash.new(S["default"]),
      S["captured"].then { |own| -> { own } }, S["bound_method"].method(:upcase),
      StringIO.new(S["stringio"]), S["utf16"].encode("UTF-16LE"), "\xFF#{S["binary"]}\0".b,
      "\xC0 #{S["broken"]}", -S["interned"], S["to_proc"].to_sym.to_proc, StringIO.new(S["body"]),
      format("%s!", S["format_result"]), <<~TEXT, [S["pack"]].pack("A*"), S["time_zone"].to_sym
        #{S["heredoc"]}
      TEXT
    ]
    [:full, :none, :hash, 3].each do |policy|
      %i[heapdump objspace].each do |format|
        HeapDump.dump("#{ARGV[0]}/#{policy}.#{format}", gc: false, strings: policy, format: format)
      end
    end
    exit!(0)
  RUBY

  def secrets
    PLACES.to_h { |place| [place, "#{place}_#{MARK}"] }
  end

  # The text of a dump.
  def dumped(policy, format)
    @@outcome ||= begin
      @@directory = Dir.mktmpdir(nil, Dumps.root)
      Child.ruby(APP, @@directory, input: JSON.generate(secrets), gems: true, timeout: 120)
    end
    assert_predicate @@outcome, :success?, @@outcome.err
    File.binread(File.join(@@directory, "#{policy}.#{format}"))
  end

  # Without redaction all of them are there, so what is looked for can be found.
  def test_a_full_dump_shows_them_all
    text = dumped(:full, :heapdump)
    assert_empty secrets.values.reject { |secret| anywhere?(text, secret) }
  end

  # dump_all writes ASCII strings alone, and no symbols, regexps and names of threads.
  def test_a_full_dump_for_other_tools_shows_what_dump_all_shows
    text = dumped(:full, :objspace)
    shown = secrets.values.select { |secret| text.include?(secret) }
    assert_operator shown.size, :>=, PLACES.size - 10, (secrets.values - shown).inspect
  end

  [:none, :hash, 3].product(%i[heapdump objspace]).each do |policy, format|
    define_method("test_#{policy}_shows_none_in_#{format}_format") do
      text = dumped(policy, format)
      assert_operator text.count("\n"), :>, 50_000
      # all of them end alike
      assert_empty forms("_#{MARK}").select { |form| text.include?(form) }
    end
  end

  %i[heapdump objspace].each do |format|
    define_method("test_a_report_of_a_full_dump_in_#{format}_format_shows_none") do
      page = HeapDump::Html::Report.new([full(format).redacted]).to_s
      assert_operator page.scan("<tr>").size, :>, 400
      assert_shows_none page
    end
  end

  # Code and classes are left out: there are many, and they hold names.
  def test_a_redacted_snapshot_of_a_full_dump_says_none
    snapshot = full(:heapdump).redacted
    nodes = snapshot.each.reject { |node| %w[IMEMO CLASS MODULE ICLASS].include?(node.type) }
    assert_operator nodes.size, :>, 20_000
    nodes.each do |node|
      said = "#{node.words} #{JSON.generate(node.line)} #{keys(node)}"
      flunk said if said.include?("_#{MARK}")
    end
  end

  private

  # The keys of a hash in words.
  def keys(node)
    node.references(limit: 100).map { |held| held.edge.to_s } if node.type == "HASH"
  end

  def full(format)
    dumped(:full, format)
    HeapDump::Snapshot.open(File.join(@@directory, "full.#{format}"), index: false)
  end

  # All secrets end alike.
  def assert_shows_none(text)
    assert_empty forms("_#{MARK}").select { |form| text.b.include?(form) }
  end

  def anywhere?(text, secret)
    forms(secret).any? { |form| text.include?(form) }
  end

  # As it is, two bytes to the character, or in Base64 at any of three offsets.
  def forms(secret)
    [secret.b, secret.encode("UTF-16LE").b].flat_map { |form| [form, *base64(form)] }
  end

  def base64(form)
    (0..2).map do |offset|
      whole = [("\0" * offset) + form].pack("m0")
      whole[(offset * 8 / 6.0).ceil...-4].b
    end
  end
end
