# frozen_string_literal: true

require "digest"
require "heapdump/ship"
require "json"

# Files to ship, and who listens while they are shipped.
module Shippable
  KEYS = { "AWS_ACCESS_KEY_ID" => "AKIATEST", "AWS_SECRET_ACCESS_KEY" => "very-secret-key",
           "AWS_SESSION_TOKEN" => nil, "AWS_REGION" => nil,
           "AWS_DEFAULT_REGION" => nil, "AWS_PROFILE" => nil,
           "AWS_EC2_METADATA_DISABLED" => "true", "AWS_CONFIG_FILE" => File::NULL,
           "AWS_SHARED_CREDENTIALS_FILE" => File::NULL, "no_proxy" => "127.0.0.1" }.freeze

  # Notes what a Run tells.
  class Listener
    attr_reader :shipped_dumps, :failures, :dropped_dumps

    def initialize
      @shipped_dumps = []
      @failures = []
      @dropped_dumps = []
    end

    def shipped(dump, place, _seconds)
      @shipped_dumps << [dump.name, place["address"]]
    end

    def failed(dump, words, try, most, pause)
      @failures << [dump.name, words, try, most, pause]
    end

    def dropped(dump)
      @dropped_dumps << dump.name
    end
  end

  HEADER = { type: "HEADER", format: 1, pid: 7, host: "web-1" }.freeze
  FOOTER = { type: "FOOTER", objects: 1, complete: true }.freeze

  # Skips a test if the SDK of S3 is missing, which is no dependency.
  def need_s3
    require "aws-sdk-s3"
  rescue LoadError
    skip "SKIPPED: aws-sdk-s3 is not installed"
  end

  # The directory from which is shipped.
  def from
    @from ||= Dir.mkdir(File.join(scratch, "from")) && File.join(scratch, "from")
  end

  # The directory to which is shipped.
  def to
    @to ||= Dir.mkdir(File.join(scratch, "to")) && File.join(scratch, "to")
  end

  # Writes a dump that has not been changed for +age+ seconds, of at least +bytes+ bytes.
  def dump(name, bytes: 1000, age: 10, header: HEADER, footer: FOOTER)
    path = File.join(from, name)
    filler = Array.new((bytes / 1000) + 1) { { address: "0x1000", value: Random.hex(470) } }
    FileUtils.mkdir_p(File.dirname(path))
    lines = [header, *filler, footer].compact
    File.write(path, lines.map { |line| "#{JSON.generate(line)}\n" }.join)
    rest(path, age)
  end

  def rest(path, age = 10)
    time = Time.now - age
    File.utime(time, time, path)
    path
  end

  def dumps(**options)
    HeapDump::Ship::Dumps.new(from, **options)
  end

  # Ships once, and returns the Listener.
  def ship(sink, pauses: [0] * 4, delete: false, **options)
    listener = Listener.new
    all = dumps
    delivery = HeapDump::Ship::Delivery.new(sink, all, delete: delete)
    run = HeapDump::Ship::Run.new(all, delivery, listener,
                                  tries: HeapDump::Ship::Tries.new(pauses), **options)
    yield run if block_given?
    run.once
    listener
  end

  def mark(path, ending)
    JSON.parse(File.read(path + ending))
  end

  def sha256(path)
    Digest::SHA256.file(path).hexdigest
  end

  def files(directory)
    Dir.glob("**/*", File::FNM_DOTMATCH, base: directory)
       .select { |name| File.file?(File.join(directory, name)) }.sort
  end

  # As in the environment of a process with these keys for S3, and no others.
  def with_env(variables)
    before = variables.keys.to_h { |name| [name, ENV.fetch(name, nil)] }
    variables.each { |name, value| ENV[name] = value }
    yield
  ensure
    before&.each { |name, value| ENV[name] = value }
  end

  # Starts `heapdump ship`; returns its process id. What it says goes to files.
  def start_ship(*arguments, env: {})
    files = { in: File::NULL, out: [log("out"), "a"], err: [log("err"), "a"] }
    Process.spawn({ **KEYS, **env }, *command("ship", from, *arguments), files)
  end

  def log(name)
    File.join(scratch, "ship.#{name}")
  end

  def wait_for(pid)
    _, status = Timeout.timeout(60 * Child::PATIENCE) { Process.wait2(pid) }
    status
  end
end
