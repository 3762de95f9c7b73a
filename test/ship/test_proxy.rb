# frozen_string_literal: true

require "test_helper"
require "support/raw_server"
require "support/shippable"

# Proxies of the environment: which one is taken, and that nobody sees their passwords.
class TestShipProxy < HeapDumpTest
  include Shippable

  NONE = %w[http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy NO_PROXY]
         .to_h { |name| [name, nil] }
  REFUSAL = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"

  def setup
    super
    @proxy = RawServer.new { |socket| socket.write(REFUSAL) }
  end

  def teardown
    @proxy.stop
    super
  end

  def failure(address, variables)
    dump("a.json")
    with_env({ **KEYS, **NONE, **variables }) do
      sink = HeapDump::Ship.sink(address, timeout: 5, plain_http: true)
      ship(sink, pauses: [], &:retry_failed).failures.first[1]
    end
  end

  def address(user = "u%3a+:topsecret@")
    @proxy.address.sub("//", "//#{user}")
  end

  def test_a_proxy_for_each_kind_of_address
    wrong = "http://127.0.0.1:1"
    { "https" => "CONNECT heaps.invalid:443 ", "http" => "PUT http://heaps.invalid/a.json " }
      .each do |scheme, request|
      other = scheme == "https" ? "http_proxy" : "https_proxy"
      words = failure("#{scheme}://heaps.invalid/", "#{scheme}_proxy" => address, other => wrong)
      assert_match(/407/, words)
      refute_includes words, "topsecret"
      assert_operator @proxy.heads.last, :start_with?, request
      assert_includes @proxy.heads.last, ["u:+:topsecret"].pack("m0")
    end
  end

  def test_a_proxy_that_is_no_address
    ["http://u ser:topsecret@x:1", "u:topsecret@x:1", "http://u:topsecret\#@x:1",
     "x:1"].each do |text|
      assert_match(/\Ahttps_proxy in the environment is no address/,
                   failure("https://heaps.invalid/", "https_proxy" => text))
    end
  end

  def test_a_proxy_of_s3
    need_s3
    bucket = "s3://heaps?region=eu-central-1"
    assert_equal "s3://heaps: the proxy in the environment is no valid address",
                 failure(bucket, "http_proxy" => "http://u ser:topsecret@x:1")
    assert_match(/\As3:..heaps: the proxy refuses it \(407/,
                 failure(bucket, "http_proxy" => address))
  end
end
