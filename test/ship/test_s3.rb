# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/s3_server"
require "support/shippable"

# Dumps go to a bucket, whatever the store does meanwhile.
class TestShipS3 < HeapDumpTest
  include Shippable

  S3 = HeapDump::Ship::S3
  PART = 64 << 10

  def setup
    super
    need_s3
    @store = S3Server.new
  end

  def teardown
    @store&.stop
    super
  end

  # The SDK waits before it tries again; the store of the tests is well at once.
  def ship(*, **, &)
    Kernel.stub(:sleep, nil) { super }
  end

  def sink(address = @store.address("heaps/shop"), **options)
    with_env(KEYS) { HeapDump::Ship.sink(address, **options) }
  end

  # In parts that are small, so that a small dump has several.
  def in_parts
    client = with_env(KEYS) do
      HeapDump::Ship::S3Client.new(region: nil, endpoint: @store.endpoint, timeout: 60)
    end
    S3.new(client, "heaps", "shop", {}, verify: true, part: PART)
  end

  def refuse(code, status, &which)
    @store.fault = ->(request) { [code, status] if which.nil? || which.call(request) }
  end

  def assert_stored(path, key = "heaps/shop/#{File.basename(path)}")
    assert_equal sha256(path), Digest::SHA256.hexdigest(@store.things.fetch(key).body)
    assert_equal sha256(path), @store.things.fetch(key).metadata["sha256"]
    manifest = JSON.parse(@store.things.fetch("#{key}.manifest.json").body)
    assert_equal [sha256(path), File.size(path)], manifest.values_at("sha256", "bytes")
    assert_empty @store.uploads.keys
  end

  def test_a_small_dump
    path = dump("a.json")
    told = ship(sink)
    assert_equal [["a.json", "s3://heaps/shop/a.json"]], told.shipped_dumps
    assert_stored(path)
    mark = mark(path, ".shipped")
    etag = Digest::MD5.file(path).hexdigest
    assert_equal ["s3://heaps/shop/a.json", etag, sha256(path)],
                 mark.values_at("address", "etag", "sha256")
  end

  # One byte around the sizes of parts.
  def test_parts
    [-1, 0, 1, PART].each do |more|
      path = dump("#{PART + more}.json", bytes: PART * 5)
      text = File.binread(path)
      line = text.lines.last
      File.binwrite(path, text[0, (PART * 3) + more - line.bytesize - 1] << "\n" << line)
      rest(path)
      assert_empty ship(in_parts).failures
      assert_stored(path)
    end
    assert_equal [1, 2, 3, 4], @store.requests.filter_map { |_, path| path[/partNumber=(\d+)/, 1] }
                                     .map(&:to_i).uniq.sort
  end

  def test_options_of_the_address
    dump("a.json")
    ship(sink(@store.address("heaps/shop/", sse: "aws:kms", kms_key: "k1", region: "eu-north-1")))
    headers = @store.things["heaps/shop/a.json"].headers
    assert_equal %w[aws:kms k1 *],
                 headers.values_at("x-amz-server-side-encryption",
                                   "x-amz-server-side-encryption-aws-kms-key-id", "if-none-match")
    assert_includes headers["authorization"], "/eu-north-1/s3/"
  end

  # The address, the environment, or any where a store has none.
  def test_the_region
    { [{ region: "a-1" }, "b-1"] => "a-1", [{}, "b-1"] => "b-1",
      [{}, nil] => "us-east-1" }.each_with_index do |((more, variable), region), i|
      dump("#{i}.json")
      with_env(KEYS.merge("AWS_DEFAULT_REGION" => variable)) do
        ship(HeapDump::Ship.sink(@store.address("heaps", **more)))
      end
      assert_includes @store.things["heaps/#{i}.json"].headers["authorization"], "/#{region}/s3/"
    end
  end

  def test_names_of_series
    path = dump("series-web-1-7-abc/1.json")
    ship(sink)
    assert_stored(path, "heaps/shop/series-web-1-7-abc/1.json")
  end

  # Keys are text, and Linux allows any bytes in a name.
  def test_names_of_any_bytes
    names = { "b\xFF.json".b => "b\\xFF.json", "ü ;+%2F\u{1F600}.json" => "ü ;+%2F\u{1F600}.json",
              "a\n\e[1m.json" => "a\n\e[1m.json" }
    names.each_key { |name| dump(name) }
    assert_empty ship(in_parts).failures
    stored = @store.things.keys.map { |key| key.dup.force_encoding("UTF-8") }
    assert_equal names.values.map { |name| "heaps/shop/#{name}" }.sort,
                 stored.grep_v(/manifest/).sort
  end

  def test_every_third_part_fails
    path = dump("a.json", bytes: PART * 10)
    parts = 0
    refuse("InternalError", 500) do |request|
      request.query_string.to_s.include?("partNumber") && ((parts += 1) % 3).zero?
    end
    assert_empty ship(in_parts).failures # the SDK tries a part again
    assert_operator parts, :>, 12
    assert_stored(path)
  end

  # Until the fifth try.
  def test_the_same_part_fails
    path = dump("a.json", bytes: PART * 4)
    begun = 0
    refuse("InternalError", 500) do |request|
      begun += 1 if request.query_string == "uploads" && request.request_method == "POST"
      begun < 5 && request.query_string.to_s.include?("partNumber=3")
    end
    told = ship(in_parts)
    assert_equal([[1, 5, 0], [2, 5, 0], [3, 5, 0], [4, 5, 0]],
                 told.failures.map { |failure| failure.drop(2) })
    assert_equal 1, told.shipped_dumps.size
    assert_stored(path)
  end

  def test_refused
    path = dump("a.json")
    refuse("AccessDenied", 403)
    told = ship(sink)
    assert_equal [1, 2, 3, 4, 5], told.failures.map { |failure| failure[2] }
    assert_nil told.failures.last.last
    assert_empty @store.things
    failed = mark(path, ".failed")
    assert_equal 5, failed["tries"]
    assert_includes failed["error"], "s3://heaps/shop: AccessDenied"
    refute_includes failed["error"], KEYS["AWS_SECRET_ACCESS_KEY"]
    @store.fault = nil
    assert_empty ship(sink).shipped_dumps # it is left
    assert_equal 1, ship(sink, &:retry_failed).shipped_dumps.size
    assert_stored(path)
    refute_path_exists "#{path}.failed"
  end

  def test_stalled
    dump("a.json")
    @store.fault = ->(request) { :stall if request.request_method == "PUT" }
    begun = now
    told = ship(sink(timeout: 0.3), pauses: [])
    assert_operator now - begun, :<, 20 * Child::PATIENCE # the SDK tries three times
    assert_match(/does not answer/, told.failures.first[1])
  end

  # As R2, MinIO or OSS do.
  def test_checksums_refused
    path = dump("a.json", bytes: PART * 3)
    refuse("NotImplemented", 501) do |request|
      request.header.keys.any? { |name| name.match?(/checksum|trailer/) } ||
        request["Content-Encoding"].to_s.include?("aws-chunked")
    end
    assert_empty ship(in_parts).failures
    assert_stored(path)
  end

  def test_bytes_that_change_on_the_way
    dump("a.json")
    refuse("BadDigest", 400) { |request| request["Content-MD5"] && request.body.include?("FOOTER") }
    assert_match(/BadDigest/, ship(sink, pauses: []).failures.first[1])
  end

  def test_conditions_unknown
    small = dump("a.json")
    large = dump("b.json", bytes: PART * 3)
    refuse("NotImplemented", 501) { |request| request["If-None-Match"] }
    assert_empty ship(in_parts).failures
    assert_stored(small)
    assert_stored(large)
  end

  # Whoever may only write cannot ask what is there.
  def test_only_puts_allowed
    path = dump("a.json", bytes: PART * 3)
    refuse("AccessDenied", 403) { |request| %w[GET HEAD].include?(request.request_method) }
    assert_empty ship(in_parts).failures
    assert_stored(path)
  end

  # Not even whether it is this dump, which a process has brought there that was killed then.
  def test_only_puts_allowed_and_the_name_is_taken
    ["a.json", "series-x/b.json"].each do |name|
      path = dump(name, bytes: PART * 3)
      @store.things["heaps/shop/#{name}"] = S3Server::Thing.new("other", {}, {})
      refuse("AccessDenied", 403) { |request| %w[GET HEAD].include?(request.request_method) }
      told = ship(in_parts, pauses: [], delete: true)
      assert_empty told.failures
      key = told.shipped_dumps[0][1].delete_prefix("s3://")
      assert_match(%r{\Aheaps/shop/(?:series-x/)?again-\d{8}T\d{6}\.\d{3}Z-[ab]\.json\z}, key)
      manifest = JSON.parse(@store.things.fetch("#{key}.manifest.json").body)
      assert_equal manifest["sha256"], Digest::SHA256.hexdigest(@store.things[key].body)
      assert_equal "other", @store.things["heaps/shop/#{name}"].body
      refute_path_exists path
    end
  end

  # Nothing has arrived.
  def test_every_name_is_taken
    path = dump("a.json")
    { 403 => /does not let us look/, 404 => /another file/ }.each do |status, words|
      @store.fault = lambda do |request|
        request.request_method == "PUT" ? ["PreconditionFailed", 412] : ["AccessDenied", status]
      end
      told = ship(sink, delete: true, &:retry_failed)
      assert_equal 1, told.failures.size # what is taken stays taken
      assert_match(words, told.failures.last[1])
      assert_path_exists path
    end
  end

  def test_what_is_there_already
    path = dump("a.json", bytes: PART * 3)
    ship(in_parts)
    File.unlink("#{path}.shipped")
    @store.requests.clear
    assert_equal 1, ship(in_parts).shipped_dumps.size
    assert_equal [%w[HEAD /heaps/shop/a.json], %w[HEAD /heaps/shop/a.json.manifest.json]],
                 @store.requests
  end

  def test_another_file_of_that_name
    dump("a.json")
    @store.things["heaps/shop/a.json"] = S3Server::Thing.new("other", {}, {})
    assert_match(/another file/, ship(sink, pauses: []).failures.first[1])
    assert_equal "other", @store.things["heaps/shop/a.json"].body
  end

  # Parts of a process that was killed, of this dump and of another.
  def test_unfinished_parts_are_removed
    path = dump("a.json", bytes: PART * 3)
    @store.uploads["old"] = S3Server::Upload.new("heaps/shop/a.json", {}, {}, { 1 => "x" })
    @store.uploads["other"] = S3Server::Upload.new("heaps/shop/a.json2", {}, {}, {})
    ship(in_parts)
    assert_equal %w[other], @store.uploads.keys
    @store.uploads.clear
    assert_stored(path)
  end

  # Of a process that was killed: the ids are in a file beside the dump. What cannot be aborted now,
  # or is of another address, is kept.
  def test_uploads_that_are_noted
    path = dump("a.json", bytes: PART * 3)
    all = [%w[heaps shop/a.json old], %w[heaps shop/a.json gone], %w[heaps other/a.json other]]
    all.map! { |values| %w[bucket key id].zip(values).to_h }
    File.write("#{path}.unfinished", JSON.generate("uploads" => all))
    @store.uploads["old"] = S3Server::Upload.new("heaps/shop/a.json", {}, {}, { 1 => "x" })
    lists = ->(request) { request.request_method == "GET" && request.query_string == "uploads" }
    refuse("AccessDenied", 403) { |one| lists.call(one) || one.request_method == "DELETE" }
    ship(in_parts)
    assert_equal all.values_at(0, 1, 2), JSON.parse(File.read("#{path}.unfinished"))["uploads"]
    File.unlink("#{path}.shipped")
    refuse("AccessDenied", 403, &lists)
    ship(in_parts)
    assert_equal all.last(1), JSON.parse(File.read("#{path}.unfinished"))["uploads"]
    assert_stored(path)
  end

  # Where parts may be sent and not aborted, each try would add another id for ever.
  def test_no_more_uploads_are_noted_than_anybody_needs
    path = dump("a.json", bytes: PART * 3)
    refuse("AccessDenied", 403) do |one|
      one.request_method == "DELETE" || one.query_string.to_s.include?("partNumber=2")
    end
    all = Array.new(20) { |n| { "bucket" => "heaps", "key" => "other", "id" => n.to_s } }
    File.write("#{path}.unfinished", JSON.generate("uploads" => all))
    2.times { ship(in_parts, pauses: [], &:retry_failed) }
    noted = JSON.parse(File.read("#{path}.unfinished"))["uploads"].map { |one| one["id"] }
    assert_equal [*"2".."19", *@store.uploads.keys], noted
  end

  # Then it goes on without them.
  def test_uploads_that_cannot_be_noted
    path = dump("a.json", bytes: PART * 3)
    ["no JSON", "[]", JSON.generate("uploads" => [1, {}, { "key" => 1 }])].each do |text|
      File.write("#{path}.unfinished", text)
      assert_equal 1, ship(in_parts).shipped_dumps.size, text
      FileUtils.rm_f(["#{path}.shipped", "#{path}.unfinished"])
      @store.things.clear
    end
    Dir.mkdir("#{path}.unfinished")
    assert_equal 1, ship(in_parts).shipped_dumps.size
    assert_stored(path)
  end

  # A store that fails is not left with parts, and a mark does not stay.
  def test_an_upload_that_fails_leaves_no_note
    path = dump("a.json", bytes: PART * 3)
    refuse("AccessDenied", 403) { |request| request.query_string.to_s.include?("partNumber=2") }
    ship(in_parts, pauses: [])
    assert_empty @store.uploads
    refute_path_exists "#{path}.unfinished"
  end

  def test_wrong_addresses
    { "s3://AKIA:topsecret@heaps/x" => /has an "@"/, "s3://" => /needs the form/,
      "s3://heaps/x?secret=topsecret" => /unknown parameter/,
      "s3://heaps?endpoint=http://example.com" => /plain text/,
      "s3://heaps?endpoint=http://u:topsecret@127.0.0.1" => /user or password/,
      "s3://heaps" => /region/ }.each do |address, message|
      error = assert_raises(HeapDump::Error) { sink(address) }
      assert_match(message, error.message)
      refute_includes error.message, "topsecret"
    end
  end

  def test_no_keys
    dump("a.json")
    none = KEYS.merge("AWS_ACCESS_KEY_ID" => nil, "AWS_SECRET_ACCESS_KEY" => nil)
    told = with_env(none) { ship(HeapDump::Ship.sink(@store.address("heaps")), pauses: []) }
    assert_match(/no keys were found/, told.failures.first[1])
  end

  SHOW_ERROR = <<~'RUBY'
    require "heapdump/ship"
    begin
      HeapDump::Ship.sink("s3://heaps?region=x")
    rescue HeapDump::Error => e
      print e.message
    end
  RUBY

  # Whichever of them the SDK would take.
  def test_there_is_no_parser_of_xml
    %w[rexml/document ox oga nokogiri libxml].each do |file|
      FileUtils.mkdir_p(File.dirname("#{scratch}/#{file}"))
      File.write("#{scratch}/#{file}.rb", "raise LoadError")
    end
    outcome = Child.ruby!(SHOW_ERROR, gems: true, flags: ["-W0", "-I", scratch])
    assert_match(/add this line to the Gemfile: gem "rexml"/, outcome.out)
  end

  def test_the_gem_is_too_old
    old = "require 'aws-sdk-s3'; Aws::S3.send(:remove_const, :GEM_VERSION); " \
          "Aws::S3::GEM_VERSION = '1.177.9'\n"
    outcome = Child.ruby!(old + SHOW_ERROR, gems: true)
    assert_match(/1\.177\.9 is too old .* gem "aws-sdk-s3", ">= 1\.178"/, outcome.out)
  end

  def test_the_gem_is_missing
    outcome = Child.ruby!(SHOW_ERROR, flags: ["-W0", "--disable-gems"])
    assert_match(/add this line to the Gemfile: gem "aws-sdk-s3", ">= 1\.178"/, outcome.out)
  end
end
