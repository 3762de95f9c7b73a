# frozen_string_literal: true

require "test_helper"
require "yaml"
require "support/document"
require "support/watching"
require "heapdump/cli"
require "heapdump/cli/container_lines"
require "heapdump/outside/container"

# docs/kubernetes.md: its manifest, its explanations and its numbers are right.
class TestKubernetes < HeapDumpTest
  include Watching

  PATH = File.join(Child::ROOT, "docs/kubernetes.md")
  # What every manifest has, whatever it is for.
  PLAIN = %w[apiVersion kind metadata name spec selector matchLabels app template labels containers
             volumes image env value securityContext].freeze

  def manifest
    text = Document.new(PATH).blocks_in("yaml").first.text
    YAML.safe_load(text)
  end

  def pod
    manifest.dig("spec", "template", "spec")
  end

  def web
    pod["containers"].first
  end

  def environment
    web["env"].to_h { |one| one.values_at("name", "value") }
  end

  # The names of all fields.
  def fields(value = manifest)
    case value
    when Hash then value.flat_map { |name, one| [name, *fields(one)] }
    when Array then value.flat_map { |one| fields(one) }
    else []
    end
  end

  # The first cells of the rows of all tables, without their explanations.
  def explained
    File.readlines(PATH).grep(/\A\| `/).flat_map { |line| line.split("|")[1].scan(/`(\w[\w-]*)`/) }
        .flatten
  end

  def test_each_field_is_explained
    wanted = (fields + environment.keys).uniq - PLAIN
    assert_operator wanted.size, :>, 15
    assert_empty wanted - explained, "fields without an explanation"
    assert_empty explained - wanted, "explanations of nothing"
  end

  # The volume can be written to, the dumps fit into it, and it is not in memory.
  def test_the_volume
    mounts = web["volumeMounts"].to_h { |one| one.values_at("name", "mountPath") }
    path = File.dirname(environment["HEAPDUMP_DIR"]) # to an emptyDir everybody may write
    volume = pod["volumes"].find { |one| one["name"] == mounts.key(path) }
    assert_equal ["sizeLimit"], volume["emptyDir"].keys
    keep = HeapDump::Watch::Options.new({ to: heaps }).keep[:bytes]
    assert_operator bytes(volume["emptyDir"]["sizeLimit"]), :>, keep
    assert_operator bytes(web.dig("resources", "limits", "ephemeral-storage")), :>,
                    bytes(volume["emptyDir"]["sizeLimit"])
  end

  # As Puma's plugin reads it, in that environment.
  def test_the_environment
    code = <<~'RUBY'
      require "heapdump"
      require "heapdump/integrations/watching"
      exit 1 unless HeapDump::Integrations::Watching.wanted?
      puts HeapDump::Integrations::Watching.check({}).inspect
    RUBY
    assert_equal "#<HeapDump::Watch /heap/dumps: stopped>\n",
                 Child.ruby!(code, env: environment).out
  end

  # The marks of the manifest leave room for a dump where all processes are killed at once.
  def test_the_marks
    limit = bytes(web.dig("resources", "limits", "memory")) / MIB
    marks = environment.fetch("HEAPDUMP_MEMORY").split(",").map(&:to_f)
    assert_equal 3, marks.size
    marks.each { |mark| assert room?(limit, mark, oom_group: 1), "no dump at #{mark}" }
    refute room?(limit, 0.85, oom_group: 1), "the default would do"
  end

  # What the table says is what the guard says.
  def test_the_table_of_marks
    rows = File.read(PATH).scan(/^\| (\d+) MiB \| (0\.\d\d) \| (0\.\d\d) \|$/)
    assert_operator rows.size, :>=, 5
    rows.each do |limit, *marks|
      marks.zip([1, 0]) do |mark, oom_group|
        mark = mark.to_f
        assert room?(limit.to_i, mark, oom_group: oom_group), "#{limit} MiB, #{mark}"
        refute room?(limit.to_i, mark + 0.01, oom_group: oom_group), "#{limit} MiB, #{mark}"
      end
    end
  end

  # Whether there is a dump at a share of a limit (MiB) of which one process uses all.
  def room?(limit, share, oom_group:)
    used = (limit * share).to_i
    tree.process(40, private: used, shared: 0, as_self: true)
    tree.group_two("/web", used: used, limit: limit, oom_group: oom_group)
    gauge = HeapDump::Watch::Gauge.new(machine)
    gauge.refresh
    left, needed = gauge.headroom
    left >= needed
  end

  # What is shown is what the command says of such a container, but for the user and the library.
  def test_the_output_of_doctor
    skip "SKIPPED: needs root" unless Process.euid.zero?
    shown = Document.new(PATH).blocks_in("text").first.lines
    assert_equal shown.grep_v(/  (uid|libc) /), doctor_says.grep_v(/  (uid|libc) /)
    assert_equal shown.grep(/  uid /).map { |line| line.sub("1000,", "0,") },
                 doctor_says.grep(/  uid /)
  end

  def doctor_says
    tree.process(40, private: 740, shared: 0, as_self: true)
    tree.group_two("/web", used: 812, limit: 1536, oom_group: 1)
    tree.put("/proc/self/status", "CapEff:\t0\nSeccomp:\t2\n")
    tree.put("/proc/sys/kernel/yama/ptrace_scope", "1\n")
    machine.disk_is = [false, (61.2 * (1 << 30)).to_i, 200 << 30]
    FileUtils.mkdir_p(heaps)
    File.chown(1000, 0, heaps)
    found = HeapDump::Outside::Container.new(
      target: Seen.new(1, 1000), directory: heaps, root: tree.root, machine: machine, gdb: nil,
      attach: "/usr/lib/attach"
    ).findings
    out = StringIO.new
    HeapDump::CLI::ContainerLines.new(found).show(HeapDump::Terminal::Screen.new(out))
    out.string.gsub(heaps, "/heap/dumps").lines(chomp: true)
  end

  # A process of that user, who may write to the directory.
  Seen = Struct.new(:pid, :uid) do
    def mappings = []
    def same_mounts? = true
    def groups = [0]
  end

  # Of a quantity of Kubernetes.
  def bytes(text)
    number, unit = text.match(/\A(\d+)(Mi|Gi)\z/).captures
    number.to_i << { "Mi" => 20, "Gi" => 30 }.fetch(unit)
  end
end
