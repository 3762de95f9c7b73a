# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shippable"

# Dumps go to a service of Active Storage.
class TestShipRails < HeapDumpTest
  include CommandLine
  include Shippable

  # As Active Storage's own, with one object after the other in a Hash.
  class Service
    attr_reader :objects

    def initialize
      @objects = {}
    end

    def name
      :memory
    end

    def exist?(key)
      @objects.key?(key)
    end

    def upload(key, io, checksum:, **)
      @objects[key] = io.read
      raise "damaged" unless Digest::MD5.base64digest(@objects[key]) == checksum
    end

    def download(key, &)
      @objects[key].each_char.each_slice(700).map(&:join).each(&)
    end
  end

  def setup
    super
    skip "Rails is left out" if ENV["HEAPDUMP_TEST_RAILS"] == "skip"
    @service = Service.new
  end

  def sink
    HeapDump::Ship::Rails.new(@service, "heaps/shop/")
  end

  def ship_again(path)
    FileUtils.rm_f("#{path}.shipped")
    ship(sink, pauses: [], &:retry_failed)
  end

  def test_a_service
    path = dump("a.json")
    told = ship(sink)
    assert_equal [["a.json", "rails:memory/heaps/shop/a.json"]], told.shipped_dumps
    assert_equal %w[heaps/shop/a.json heaps/shop/a.json.manifest.json], @service.objects.keys
    assert_equal File.binread(path), @service.objects["heaps/shop/a.json"]
  end

  # Whole, the beginning of it, or something else.
  def test_what_is_there_already
    path = dump("a.json", bytes: 3000)
    ship(sink)
    text = File.binread(path)
    [text, "", text[0, 1], text[0, 700], text[0..-2]].each do |there|
      @service.objects["heaps/shop/a.json"] = there
      assert_equal 1, ship_again(path).shipped_dumps.size, there.size
      assert_equal text, @service.objects["heaps/shop/a.json"]
    end
    ["x", "#{text}x", text.sub("FOOTER", "footer")].each do |there|
      @service.objects["heaps/shop/a.json"] = there
      assert_match(/another file/, ship_again(path).failures.first[1])
      assert_equal there, @service.objects["heaps/shop/a.json"]
    end
  end

  # The words of an SDK could have anything in them.
  def test_a_service_that_fails
    dump("a.json")
    @service.define_singleton_method(:upload) { |*, **| raise "topsecret" }
    assert_equal "rails:memory/heaps/shop: RuntimeError", ship(sink, pauses: []).failures.first[1]
  end

  APPLICATION = <<~RUBY
    require "rails"
    require "active_storage/engine"
    class ShipApplication < Rails::Application
      initializer("never") { raise "it is not booted" }
    end
  RUBY

  def application
    File.join(scratch, "app").tap do |app|
      FileUtils.mkdir_p("#{app}/config")
      File.write("#{app}/config/application.rb", APPLICATION)
      File.write("#{app}/config/storage.yml", <<~YAML)
        local:
          service: Disk
          root: <%= #{to.inspect} %>
        amazon:
          service: Missing
      YAML
    end
  end

  def ship_in(directory, address)
    Child.run({}, *command("ship", from, "--to", address, "--once"), timeout: 60, chdir: directory)
  end

  def test_an_application_that_is_not_booted
    path = dump("a.json")
    outcome = ship_in(application, "rails:local/heaps")
    assert_predicate outcome, :success?, outcome.to_s
    assert_equal "rails:local/heaps/a.json", mark(path, ".shipped")["address"]
    stored = files(to).grep(%r{heaps/a\.json\z})
    assert_equal [sha256(path)], stored.map { |name| sha256("#{to}/#{name}") }
  end

  def test_what_is_missing
    dump("a.json")
    { [scratch, "rails:local"] => /no config.application/,
      [application, "rails:other"] => /has no service other/,
      [application, "rails:amazon"] => /Missing service adapter/ }.each do |arguments, message|
      outcome = ship_in(*arguments)
      assert_match message, outcome.err
      assert_equal 1, outcome.status.exitstatus
    end
  end
end
