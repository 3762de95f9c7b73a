# frozen_string_literal: true

require "fileutils"
require "open3"

module Matrix
  # Where a place cannot be made on this machine; the message says why.
  class Skip < StandardError; end

  # Somewhere to run bin/test with another Ruby. A subclass says how to make it (make), where the
  # copy of the sources is (sources), and how to run a command there (command, environment).
  class Place
    HOME = File.expand_path("../../tmp/matrix", __dir__)
    PASSED_ON = /proxy\z|\ABUNDLE_MIRROR|\A(CI|TERM|N|A|NCPU|TESTOPTS)\z|\AHEAPDUMP_/i

    # The tests are told: it cannot do all that a kernel can, and takes its time.
    EMULATED = { "HEAPDUMP_TEST_EMULATOR" => "qemu-user" }.freeze

    FORMATS = "/proc/sys/fs/binfmt_misc"
    private_constant :EMULATED, :FORMATS

    attr_reader :name

    def initialize(name)
      @name = name
    end

    def prepare
      alone { make }
      copy_sources
    end

    # Installs what the suite needs there, as bin/test does by itself.
    def set_up(&)
      run("env", "HEAPDUMP_SKIP_LINT=1", "bash", "bin/setup", &)
    end

    # Runs bin/test without lint, and then once more, alone, what has failed. Yields each line that
    # is printed, returns the exit status.
    def test(&)
      run("env", "HEAPDUMP_SKIP_LINT=1", "sh", "-c", "bin/test || bin/test test:failed", &)
    end

    # Runs a program of Ruby that gets a directory and the name of the place, and puts files into
    # the directory, which are copied +into+ one of this machine. Returns whether it has succeeded.
    def built?(program, into)
      provide_compiler
      FileUtils.rm_rf("#{sources}/tmp/built")
      FileUtils.mkdir_p("#{sources}/tmp/built")
      status = run("ruby", program, "tmp/built", name.tr("/", "-")) { |line| puts line }
      FileUtils.cp_r("#{sources}/tmp/built/.", into) if status.success?
      status.success?
    end

    # Instead of this process, with its terminal.
    def exec(command)
      Kernel.exec(environment, *self.command("sh", "-c", command), unsetenv_others: true)
    end

    def ruby_version
      run("ruby", "-e", "puts RUBY_VERSION") { |line| return line.chomp }
    end

    private

    # Where it can be installed, and the headers of Ruby come without.
    def provide_compiler; end

    # While no other process makes a place: package managers refuse to work side by side.
    def alone
      FileUtils.mkdir_p(HOME)
      File.open("#{HOME}/.lock", File::CREAT) do |lock|
        lock.flock(File::LOCK_EX)
        yield
      end
    end

    def run(*command, &)
      IO.popen(environment, self.command(*command),
               err: %i[child out], unsetenv_others: true) { |io| io.each_line(&) }
      Process.last_status
    end

    # Packages of Debian, on this machine.
    def install(*packages)
      attempt("apt-get", "update")
      attempt("apt-get", "install", "-y", "--no-install-recommends", *packages)
    end

    # Asked from apt, which understands every format of its sources. It knows only what it has
    # fetched, hence the update.
    def debian_mirror
      codename = File.read("/etc/os-release")[/^VERSION_CODENAME=(\w+)/, 1]
      targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages",
                 "Origin: Debian", "Codename: #{codename}", "Component: main"]
      mirrors = attempt(*targets)
      if mirrors.empty?
        attempt("apt-get", "update")
        mirrors = attempt(*targets)
      end
      mirrors.lines.first&.chomp or raise Skip, "no Debian mirror in apt's sources"
    end

    # What a command prints that is needed to make the place.
    def attempt(*command, **options)
      output, status = Open3.capture2e(environment, *command, unsetenv_others: true, **options)
      return output if status.success?

      reason = output.lines.grep(/^E:|error|fail/i).last || output.lines.last || status.to_s
      raise Skip, "#{command.first}: #{reason.strip}"
    rescue SystemCallError => e
      raise Skip, e.message
    end

    # The kernel gives programs of another architecture to qemu, also in a root where there is none:
    # it keeps the file of qemu open (the flag F).
    def emulate(arch)
      cpu = { "arm64" => "aarch64" }.fetch(arch)
      return if emulated?(cpu)

      install("qemu-user-static", "binfmt-support")
      unless File.exist?("#{FORMATS}/register")
        attempt("mount", "-t", "binfmt_misc", "none", FORMATS)
      end
      attempt("update-binfmts", "--enable", "qemu-#{cpu}")
      raise Skip, "the kernel gives no program of #{cpu} to qemu" unless emulated?(cpu)
    end

    def emulated?(cpu)
      File.read("#{FORMATS}/qemu-#{cpu}").match?(/^flags: .*F/)
    rescue SystemCallError
      false
    end

    # What git tracks or would track, so that work in progress is tested too. The old sources and
    # objects go, the gems stay.
    def copy_sources
      FileUtils.mkdir_p("#{sources}/tmp")
      FileUtils.rm_rf(children(sources, "tmp") + children("#{sources}/tmp", "bundle"))

      listed = `git ls-files -z --cached --others --exclude-standard`.split("\0")
      listed.select { |file| File.file?(file) }.each do |file|
        FileUtils.mkdir_p(File.dirname("#{sources}/#{file}"))
        FileUtils.cp(file, "#{sources}/#{file}")
      end
    end

    def children(dir, *except)
      (Dir.children(dir) - except).map { |child| "#{dir}/#{child}" }
    end

    def passed_on
      ENV.select { |key,| key.match?(PASSED_ON) }
    end
  end
end
