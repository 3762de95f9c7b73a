# frozen_string_literal: true

require "test_helper"

# strings: what a dump may tell of data.
class TestRedaction < HeapDumpTest
  SECRETS = %w[
    string_Zq8vKp symbol_Zq8vKp regexp_Zq8vKp key_Zq8vKp member_Zq8vKp local_Zq8vKp ivar_Zq8vKp
    message_Zq8vKp binary_Zq8vKp utf16_Zq8vKp shared_Zq8vKp thread_Zq8vKp match_Zq8vKp
    argument_Zq8vKp global_Zq8vKp environment_Zq8vKp stringio_Zq8vKp default_Zq8vKp
    broken_Zq8vKp long_Zq8vKp fiber_Zq8vKp captured_Zq8vKp symbolkey_Zq8vKp capture_Zq8vKp
  ].freeze

  # The secrets come through a pipe, so that no literal of the code holds one.
  CODE = <<~'RUBY'
    require "heapdump"
    require "stringio"
    S = STDIN.read.split.to_h { |secret| [secret[/\A[a-z0-9]+/].to_sym, secret] }
    class Holder
      Account = Struct.new(:token)
      attr_accessor :kept

      def initialize(secret) = @password = secret

      def sleeper(secret)
        ready = Queue.new
        thread = Thread.new(secret) { |local| ready << 1; sleep; local }
        thread[:token] = secret
        ready.pop
        Thread.pass until thread.stop?
        thread
      end
    end
    holder = Holder.new(S[:ivar])
    fiber = Fiber.new { |local| Fiber.yield(1); local }
    fiber.resume(S[:fiber])
    $keep = [
      holder, "#{S[:string]} in text", S[:symbol].to_sym, Regexp.new("a#{S[:regexp]}+"),
      { S[:key] => 1, S[:symbolkey].to_sym => 2 }, Holder::Account.new(S[:member]),
      RuntimeError.new(S[:message]), "\xFF#{S[:binary]}\x00".b, S[:utf16].encode("UTF-16LE"),
      (S[:shared] * 100).freeze.then { |long| [long, long[50..]] }, holder.sleeper(S[:thread]),
      /(\w+)_/.match(S[:match]), S[:argument].each_char, StringIO.new(S[:stringio]),
      Hash.new(S[:default]), "\xC0 #{S[:broken]}", S[:long] * 1000, fiber,
      S[:captured].then { |captured| -> { captured } }, S[:capture].gsub(/x/) { $& }
    ]
    $secret_global = S[:global]
    ENV["HEAPDUMP_SECRET"] = S[:environment]
    local = S[:local]
    policy = Integer(ARGV[1], exception: false) || ARGV[1].to_sym
    HeapDump.dump(ARGV[0], gc: false, strings: policy)
    local
  RUBY

  def test_full_shows_them_all
    text = File.binread(path_for("full"))
    assert_empty SECRETS.reject { |secret| anywhere?(text, secret) }
  end

  %w[none hash 3].each do |policy|
    define_method("test_#{policy}_shows_no_secret") do
      text = File.binread(path_for(policy))
      assert_empty SECRETS.select { |secret| anywhere?(text, secret) }
      refute_includes text, "Zq8vKp"
    end
  end

  def test_none_shows_lengths_only
    dump = load_policy("none")
    assert_equal "none", dump.header.fetch("strings")
    data = dump.select("STRING") + dump.select("SYMBOL") + dump.select("REGEXP")
    assert_none data.select { |line| shown?(line) }, "lines with content"
    assert(dump.select("STRING").all? { |line| line["bytesize"] })
  end

  def test_hash_groups_what_is_equal
    dump = load_policy("hash")
    assert_equal "hash", dump.header.fetch("strings")
    strings = dump.select("STRING")
    assert_none strings.reject { |line| line["value_hash"] =~ /\A\h{16}\z/ }, "without hash"
    assert_none strings.select { |line| line["value"] || line["value_base64"] }, "with content"
    groups = strings.group_by { |line| line["value_hash"] }
    sizes = groups.values.map { |lines| lines.map { |line| line["bytesize"] }.uniq.size }
    assert_equal [1], sizes.uniq, "strings of different sizes have one hash"
    assert_operator groups.values.map(&:size).max, :>, 1
  end

  def test_hashes_are_salted
    first, second = Array.new(2) { load_policy("hash", fresh: true) }.map do |dump|
      dump.select("STRING").map { |line| line["value_hash"] }
    end
    assert_operator (first & second).size, :<, 3
  end

  def test_a_number_keeps_the_first_bytes
    dump = load_policy("6")
    assert_equal 6, dump.header.fetch("strings")
    strings = dump.select("STRING")
    long = strings.select { |line| line["bytesize"] > 6 }
    assert_none long.reject { |line| line["truncated"] }, "long strings are not marked"
    assert_none strings.select { |line| size_of(line) > 6 }, "strings show more"
    assert_none strings.select { |line| line["bytesize"] <= 6 && line["truncated"] },
                "short strings are marked"
    assert(strings.any? { |line| line["value"] == "long_Z" })
  end

  def test_zero_is_a_number
    assert_none load_policy("0").select("STRING").reject { |line| size_of(line).zero? },
                "strings show something"
  end

  def test_a_cut_through_a_character_is_valid
    path = File.join(scratch, "cut.json")
    code = 'require "heapdump"; $a = ["ä" * 9, "日本語" * 3, "a😀b" * 3].map(&:dup)' \
           "\n(1..5).each { |n| HeapDump.dump(\"\#{ARGV[0]}.\#{n}\", strings: n) }"
    Child.ruby!(code, path)
    (1..5).each { |n| assert_whole Dump.load("#{path}.#{n}") }
  end

  def test_names_of_code_are_never_hidden
    dump = load_policy("none")
    assert_equal ["@password"], dump.instances_of("Holder").first["ivars"].keys
    assert_equal ["token"], dump.instances_of("Holder::Account").first["members"].keys
    threads = dump.select("DATA", struct: "VM/thread")
    # since Ruby 4.1 its frames stand on the line of its fiber
    lines = threads.map { |line| line["fiber"] ? dump[line["fiber"]] : line }
    frames = lines.flat_map { |line| line["frames"].to_a }
    assert(frames.any? { |frame| frame.dig("locals", "local") })
  end

  private

  def path_for(policy, fresh: false)
    @@paths ||= {}
    return @@paths[policy] if @@paths.key?(policy) && !fresh

    directory = Dir.mktmpdir(nil, Dumps.root)
    path = File.join(directory, "heap.json")
    Child.ruby!(CODE, path, policy, input: SECRETS.join("\n"), env: { "HEAPDUMP_SECRET" => nil })
    @@paths[policy] = path
  end

  def load_policy(policy, fresh: false)
    assert_whole Dump.load(path_for(policy, fresh: fresh))
  end

  def shown?(line)
    line["value"] || line["value_base64"] || line["value_hash"]
  end

  def size_of(line)
    (line["value"] || line["value_base64"].unpack1("m0")).bytesize
  end

  # As it is, two bytes to the character, or in base64 at any of three offsets.
  def anywhere?(text, secret)
    [secret, secret.encode("UTF-16LE").b].any? do |form|
      text.include?(form) || base64(form).any? { |part| text.include?(part) }
    end
  end

  def base64(form)
    (0..2).map do |offset|
      whole = [("\0" * offset) + form].pack("m0")
      whole[(offset * 8 / 6.0).ceil...-4]
    end
  end
end
