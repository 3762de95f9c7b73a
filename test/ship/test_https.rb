# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/put_server"
require "support/shippable"

# Dumps go to a server by PUT.
class TestShipHttps < HeapDumpTest
  include CommandLine
  include Shippable

  SECRET = "X-Amz-Signature=topsecret"

  def setup
    super
    @server = PutServer.new
  end

  def teardown
    @server.stop
    super
  end

  def sink(path, **options)
    HeapDump::Ship.sink(@server.address + path, **options)
  end

  def test_below_an_address
    path = dump("a b+ü%.json")
    told = ship(sink("/dir/"))
    assert_empty told.failures
    assert_equal File.binread(path), @server.files["/dir/a b+ü%.json".b]
    assert_equal ["/dir/a b+ü%.json".b, "/dir/a b+ü%.json.manifest.json".b], @server.files.keys
    assert_equal ["#{@server.address}/dir/a%20b%2B%C3%BC%25.json", "\"e1\""],
                 mark(path, ".shipped").values_at("address", "etag")
  end

  def test_in_place_of_the_name
    dump("series-h-1-x/a.json")
    ship(sink("/x/%{name}/y"))
    assert_equal %w[/x/series-h-1-x/a.json/y /x/series-h-1-x/a.json.manifest.json/y],
                 @server.files.keys
  end

  # Also behind the question mark, where a server could want it.
  def test_in_place_of_the_name_in_the_query
    dump("a b.json")
    ship(sink("/put?to=x/%{name}&sig=1"))
    assert_equal %w[/put?to=x/a%20b.json&sig=1 /put?to=x/a%20b.json.manifest.json&sig=1],
                 @server.requests.map { |request| request[1] }.uniq
  end

  # Linux allows any bytes in a name.
  def test_names_of_any_bytes
    names = ["b\xFF\n\e[1m%2F.json".b, "ü ;?#&.json"]
    names.each { |name| dump(name) }
    assert_empty ship(sink("/dir/")).failures
    names.each { |name| assert @server.files["/dir/#{name}".b], name }
  end

  # A signed address is that of one object, which gets no manifest.
  def test_a_signed_address
    path = dump("a.json")
    told = ship(sink("/bucket/one?#{SECRET}"))
    assert_equal ["/bucket/one"], @server.files.keys
    assert_equal "/bucket/one?#{SECRET}", @server.requests[0][1]
    assert_equal [["a.json", "#{@server.address}/bucket/one"]], told.shipped_dumps
    refute_includes File.read("#{path}.shipped"), "topsecret"
  end

  def test_a_signature_is_never_shown
    dump("a.json")
    one = sink("/one?#{SECRET}")
    [one.to_s, one.inspect].each { |text| refute_includes text, "topsecret" }
    faults = [->(_) { 403 }, ->(_) { 302 }, ->(_) { :stall }]
    faults.each do |fault|
      @server.fault = fault
      told = ship(sink("/one?#{SECRET}", timeout: 0.2), pauses: [], &:retry_failed)
      assert_includes told.failures.first[1], "#{@server.address}/one"
      refute_includes told.failures.first[1], "topsecret"
    end
    @server.stop
    told = ship(one, pauses: [], &:retry_failed)
    refute_includes told.failures.first[1], "topsecret"
    assert_equal "#{one}: connection refused", told.failures.first[1]
  end

  # No try has stored half a file, and no file is sent again that is there.
  def test_what_is_there_already
    path = dump("a.json")
    ship(sink("/dir/"))
    File.unlink("#{path}.shipped")
    assert_equal 1, ship(sink("/dir/")).shipped_dumps.size
    @server.files["/dir/a.json"] = "another"
    File.unlink("#{path}.shipped")
    assert_match(/another file/, ship(sink("/dir/"), pauses: []).failures.first[1])
    assert_equal "another", @server.files["/dir/a.json"]
  end

  # Its size says nothing: with --delete the dump would be nowhere.
  def test_another_file_of_the_same_size
    path = dump("a.json")
    other = File.binread(path).reverse
    @server.files["/dir/a.json"] = other
    told = ship(sink("/dir/"), pauses: [], delete: true)
    assert_match(/another file/, told.failures.first[1])
    assert_equal other, @server.files["/dir/a.json"]
    assert_path_exists path
    @server.files["/dir/a.json"] = File.binread(path)
    assert_equal 1, ship(sink("/dir/"), delete: true, &:retry_failed).shipped_dumps.size
    refute_path_exists path
  end

  # Then nobody knows what is there, and it goes there once more.
  def test_what_may_not_be_read_back
    [401, 403, 405].each do |status|
      path = dump("a.json")
      @server.files["/dir/a.json"] = "other"
      @server.fault = ->(request) { status if request.request_method == "GET" }
      told = ship(sink("/dir/"), pauses: [], delete: true)
      assert_match(%r{/dir/again-[\dTZ.]+-a\.json\z}, told.shipped_dumps[0][1])
      refute_path_exists path
      again = @server.files.keys.grep(/again/)
      assert_equal ["", ".manifest.json"], again.map { |name| name[/(?<=a\.json).*/] }
      @server.files.clear
    end
  end

  # As Azure's store refuses a name that is taken, and any server a directory that is missing.
  def test_a_conflict_that_may_not_be_read_back
    path = dump("a.json")
    { %r{/a\.json} => 1, /./ => 0 }.each do |refused, arrived|
      @server.fault = lambda do |request|
        next 403 if request.request_method == "GET"

        409 if request.path.match?(refused)
      end
      told = ship(sink("/dir/"), pauses: [])
      assert_equal [arrived, 1 - arrived], [told.shipped_dumps.size, told.failures.size]
      assert_equal arrived, @server.files.keys.grep(/again-.*Z-a\.json\z/).size
      FileUtils.rm_f("#{path}.shipped")
      @server.files.clear
    end
  end

  # One object has no other name, and an answer that says neither is none.
  def test_what_may_not_be_read_back_under_another_name
    path = dump("a.json")
    { "/one?#{SECRET}" => [403, 404], "/dir/" => [404, 204, 500] }.each do |address, statuses|
      @server.files.replace("/one" => "other", "/dir/a.json" => "other")
      statuses.each do |status|
        @server.fault = ->(request) { status if request.request_method == "GET" }
        told = ship(sink(address), pauses: [], delete: true, &:retry_failed)
        assert_match(/already|status 412/, told.failures.fetch(0)[1], status)
        assert_path_exists path
      end
    end
  end

  # As Azure says that it has it, and others that the directory is missing.
  def test_a_conflict
    path = dump("a.json")
    conflict = ->(request) { 409 if request.request_method == "PUT" }
    @server.fault = conflict
    assert_match(/status 409/, ship(sink("/dir/"), pauses: []).failures.first[1])
    @server.fault = nil
    ship(sink("/dir/"), &:retry_failed)
    File.unlink("#{path}.shipped")
    @server.fault = conflict
    assert_equal 1, ship(sink("/dir/")).shipped_dumps.size
    @server.files["/dir/a.json"] = "another"
    File.unlink("#{path}.shipped")
    assert_match(/another file/, ship(sink("/dir/"), pauses: []).failures.first[1])
  end

  def test_it_fails_and_then_it_works
    path = dump("a.json", bytes: 300_000)
    tries = 0
    @server.fault = ->(_) { 503 if (tries += 1) < 4 }
    told = ship(sink("/dir/"))
    assert_equal [3, 1], [told.failures.size, told.shipped_dumps.size]
    assert_equal File.binread(path), @server.files["/dir/a.json"]
  end

  def test_authorization_comes_from_the_environment
    dump("a.json")
    with_env("HEAPDUMP_AUTHORIZATION" => "Bearer topsecret") { ship(sink("/dir/")) }
    assert_equal ["Bearer topsecret"], @server.requests[0][2]["authorization"]
  end

  def test_certificates
    certificate = File.join(scratch, "certificate.pem")
    server = PutServer.new(certificate: certificate)
    dump("a.json")
    told = ship(HeapDump::Ship.sink("#{server.address}/"), pauses: [])
    assert_match(/certificate verify failed/, told.failures.first[1])
    assert_empty server.files
    pid = start_ship("--to", "#{server.address}/", "--once", "--retry",
                     env: { "SSL_CERT_FILE" => certificate }) # it is read when a process begins
    assert_predicate wait_for(pid), :success?, File.read(log("err"))
    assert_equal %w[/a.json /a.json.manifest.json], server.files.keys
  ensure
    server&.stop
  end

  def test_wrong_addresses
    { "https://u:topsecret@example.com/" => /user or password/, "https://" => /valid|needs a host/,
      "http://example.com/topsecret/" => /plain text/,
      "https://exa mple.com/topsecret" => /no valid address/ }.each do |address, message|
      error = assert_raises(HeapDump::Error) { HeapDump::Ship.sink(address) }
      assert_match(message, error.message)
      refute_includes error.message, "topsecret"
    end
    assert HeapDump::Ship.sink("http://example.com/", plain_http: true)
    assert HeapDump::Ship.sink("http://[::1]:99/")
  end
end
