# frozen_string_literal: true

require "test_helper"
require "support/made_dump"
require "support/web_client"

# Who is answered, and who is not.
class TestGuard < HeapDumpTest
  DUMPS = "/api/v1/dumps"

  def client
    @client ||= WebClient.new([path])
  end

  def path
    @path ||= MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      made.constant("LIST", made.array([made.object("Session")]))
    end
  end

  def assert_refused(status, code, answer)
    assert_equal [status, code], [answer.status, answer.code], answer.body
    assert_headers answer
  end

  # Every answer has these.
  def assert_headers(answer)
    policy = answer.headers.fetch("content-security-policy").split("; ")
    assert_equal ["default-src 'none'", "script-src 'self'", "style-src 'self'",
                  "connect-src 'self'", "img-src data:", "frame-ancestors 'none'",
                  "base-uri 'none'", "form-action 'none'"], policy
    assert_equal({ "x-content-type-options" => "nosniff", "cache-control" => "no-store",
                   "referrer-policy" => "no-referrer",
                   "cross-origin-resource-policy" => "same-origin",
                   "cross-origin-opener-policy" => "same-origin" },
                 answer.headers.slice("x-content-type-options", "cache-control", "referrer-policy",
                                      "cross-origin-resource-policy", "cross-origin-opener-policy"))
    assert_empty answer.headers.keys.grep(/\Aaccess-control|\Aset-cookie/i)
  end

  def test_who_brings_the_token_is_answered
    answer = client.get(DUMPS)
    assert_equal [200, "application/json; charset=utf-8"],
                 [answer.status, answer.headers["content-type"]]
    assert_equal answer.body.bytesize.to_s, answer.headers["content-length"]
    assert_headers answer
  end

  def test_only_the_exact_host_is_answered
    [nil, "", "localhost", "localhost:9293", "127.0.0.1:9292", "evil.example:9292",
     "localhost:9292.evil.example", "localhost:9292, evil.example", "LOCALHOST", "[::1]:9292",
     "xlocalhost:9292", "\xFF", "localhost:9292\xFF", "localhost:9292\xFF".b].each do |host|
      %W[/ /viewer.js #{DUMPS}].each do |path|
        assert_refused 421, "wrong_host", client.get(path, lint: false, HTTP_HOST: host)
      end
    end
    assert_equal 200, client.get(DUMPS, HTTP_HOST: "LocalHost:9292").status
    # what a proxy may have passed on from anybody
    assert_refused 421, "wrong_host",
                   client.get(DUMPS, HTTP_HOST: "evil.example", HTTP_X_FORWARDED_HOST: WebClient::HOST)
  end

  def test_the_host_is_looked_at_before_all_else
    answer = client.get("/nowhere?x", method: "POST", HTTP_HOST: "evil", HTTP_ORIGIN: "http://evil")
    assert_refused 421, "wrong_host", answer
  end

  def test_pages_of_other_sites_are_not_answered
    ["null", "", "http://evil.example", "http://localhost", "http://localhost:9293",
     "http://127.0.0.1:9292", "ftp://localhost:9292", "http://localhost:9292.evil.example",
     "http://user@localhost:9292"].each do |origin|
      %W[/ /viewer.js #{DUMPS}].each do |path|
        assert_refused 403, "other_site", client.get(path, HTTP_ORIGIN: origin)
      end
    end
    assert_equal 200, client.get(DUMPS, HTTP_ORIGIN: "http://localhost:9292").status
    assert_equal 200, client.get(DUMPS, HTTP_ORIGIN: "https://localhost:9292").status
  end

  def test_what_a_browser_says_of_the_sender
    %w[cross-site same-site strange].each do |site|
      %W[/ /viewer.js #{DUMPS}].each do |path|
        assert_refused 403, "other_site", client.get(path, HTTP_SEC_FETCH_SITE: site)
      end
    end
    %w[same-origin none].each do |site|
      assert_equal 200, client.get(DUMPS, HTTP_SEC_FETCH_SITE: site).status
    end
  end

  # As the file that `heapdump ui` opens in a browser does.
  def test_a_link_of_another_site_may_lead_to_the_page_alone
    link = { HTTP_SEC_FETCH_SITE: "cross-site", HTTP_SEC_FETCH_MODE: "navigate",
             HTTP_SEC_FETCH_DEST: "document" }
    assert_equal 200, client.get("/", **link).status
    %W[/viewer.js #{DUMPS}].each do |path|
      assert_refused 403, "other_site", client.get(path, **link)
    end
    [{ HTTP_SEC_FETCH_DEST: "iframe" }, { HTTP_SEC_FETCH_MODE: "no-cors" },
     { HTTP_ORIGIN: "http://evil.example" }, { HTTP_SEC_FETCH_DEST: nil }].each do |other|
      assert_refused 403, "other_site", client.get("/", **link, **other)
    end
  end

  def test_a_wrong_token
    [nil, "", "x", WebClient::TOKEN[0..-2], "#{WebClient::TOKEN}x", WebClient::TOKEN.upcase,
     "#{WebClient::TOKEN}, #{WebClient::TOKEN}"].each do |token|
      HeapDump::Web::QUESTIONS.each_key do |question|
        answer = client.get("/api/v1/#{question}", HTTP_X_HEAPDUMP_TOKEN: token)
        assert_refused 401, "no_token", answer
        assert_nil answer.headers["www-authenticate"]
      end
    end
    # it is in the header, and nowhere else
    query = "?token=#{WebClient::TOKEN}"
    assert_refused 401, "no_token", client.get("#{DUMPS}#{query}", HTTP_X_HEAPDUMP_TOKEN: nil)
    assert_refused 401, "no_token",
                   client.get(DUMPS, HTTP_X_HEAPDUMP_TOKEN: nil,
                                     HTTP_COOKIE: "token=#{WebClient::TOKEN}",
                                     HTTP_AUTHORIZATION: "Bearer #{WebClient::TOKEN}")
  end

  def test_tokens_are_compared_in_constant_time
    Rack::Utils.stub(:secure_compare, false) do
      assert_refused 401, "no_token", client.get(DUMPS)
    end
    Rack::Utils.stub(:secure_compare, true) do
      assert_equal 200, client.get(DUMPS, HTTP_X_HEAPDUMP_TOKEN: "other").status
    end
  end

  def test_nothing_but_get_and_head
    %w[POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND].each do |method|
      %W[/ #{DUMPS}].each do |path|
        answer = client.get(path, method: method)
        assert_refused 405, "wrong_method", answer
        assert_equal "GET, HEAD", answer.headers["allow"]
      end
    end
  end

  def test_head_is_get_without_a_body
    ["/", "/viewer.js", DUMPS, "/nowhere", "#{DUMPS}?x=1"].each do |path|
      get, head = %w[GET HEAD].map { |method| client.get(path, method: method) }
      assert_equal get.status, head.status
      assert_equal get.headers, head.headers
      assert_empty head.body
      refute_empty get.body
    end
  end

  def test_the_page_has_no_data_and_needs_no_token
    { "/" => "text/html; charset=utf-8", "/viewer.js" => "text/javascript; charset=utf-8",
      "/viewer.css" => "text/css; charset=utf-8" }.each do |path, type|
      answer = client.get(path, HTTP_X_HEAPDUMP_TOKEN: nil)
      assert_equal [200, type], [answer.status, answer.headers["content-type"]]
      assert_headers answer
      refute_includes answer.body, File.basename(scratch)
    end
  end

  def test_a_block_decides_about_all_requests
    asked = []
    client = WebClient.new([path]) do |request|
      asked << request
      request.get_header("HTTP_X_USER") == "admin"
    end
    ["/", "/viewer.js", DUMPS].each do |path|
      assert_refused 401, "no_token", client.get(path)
      assert_equal 200, client.get(path, HTTP_X_USER: "admin").status
    end
    assert_equal [Rack::Request], asked.map(&:class).uniq
    size = asked.size
    assert_refused 421, "wrong_host", client.get("/", HTTP_HOST: "evil")
    assert_equal size, asked.size
  end

  def test_a_block_that_fails_lets_nobody_in
    client = WebClient.new([path]) { |_request| raise "the database with a \e[2Jpassword is gone" }
    answer = client.get(DUMPS)
    assert_refused 500, "failed", answer
    refute_includes answer.body, "password"
    assert_includes client.errors.string, "the database with a \\e[2Jpassword is gone"
  end

  def test_it_does_not_start_without_a_guard
    hosts = ["localhost:1"]
    good = "x" * 32
    [{}, { token: nil }].each do |options|
      error = assert_raises(ArgumentError) { HeapDump::Web.new(dumps: [], hosts: hosts, **options) }
      assert_match(/give a token or a block/, error.message)
    end
    assert_raises(ArgumentError) { HeapDump::Web.new(dumps: [], hosts: hosts, token: good) { true } }
    ["", "x" * 31, 12, :x].each do |token|
      error = assert_raises(ArgumentError) { HeapDump::Web.new(dumps: [], hosts: hosts, token: token) }
      assert_match(/32 characters or more/, error.message)
    end
    [nil, [], "localhost", [""], ["a b"], ["http://x"], [nil]].each do |names|
      error = assert_raises(ArgumentError) { HeapDump::Web.new(dumps: [], hosts: names, token: good) }
      assert_match(/hosts: is an Array of names/, error.message)
    end
    assert_raises(ArgumentError) { HeapDump::Web.new(dumps: [], token: good) }
  end
end
