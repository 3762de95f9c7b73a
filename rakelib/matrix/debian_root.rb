# frozen_string_literal: true

require_relative "place"

module Matrix
  # A Debian system in a directory, made by debootstrap with nothing but Ruby and its headers, so
  # that bin/test has to install the rest as on a new machine.
  class DebianRoot < Place
    COMPILER = %w[gcc make libc6-dev].freeze

    # Mounts live in a namespace of their own and processes in another, so that nothing outlives the
    # command, however it ends. The shell stays as process 1, to reap orphans.
    ENTER = <<~SH
      mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && chroot "$0" "$@"
      exit $?
    SH
    private_constant :ENTER

    # +arch+ is Debian's name of another architecture ("arm64"), whose programs qemu runs. The root
    # is called so, too.
    def initialize(name, base:, ruby:, extra: nil, arch: nil)
      super([name, *arch].join("-"))
      @base = base
      @extra = extra
      @packages = ruby
      @arch = arch
      @root = "#{HOME}/#{self.name}"
    end

    private

    def make
      raise Skip, "needs root" unless Process.uid.zero?

      emulate(@arch) if @arch
      bootstrap unless File.exist?(stamp) && File.read(stamp) == recipe
      copy_from_host("/etc/resolv.conf", "/etc/hosts")
    end

    # bin/test installs it with all the rest, so that the root is made without.
    def provide_compiler
      there = "cc --version && make --version"
      install = "apt-get update && apt-get install -y --no-install-recommends #{COMPILER.join(" ")}"
      attempt(*enter("sh", "-c", "(#{there}) || (#{install})"))
    end

    def sources
      "#{@root}/srv/heapdump"
    end

    def command(*command)
      enter("env", "-C", "/srv/heapdump", *command)
    end

    def enter(*command)
      ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, @root, *command]
    end

    def environment
      passed_on.merge("PATH" => "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin",
                      "HOME" => "/root", "LANG" => "C.UTF-8",
                      "DEBIAN_FRONTEND" => "noninteractive", **(@arch ? EMULATED : {}))
    end

    # Written last: a root without it, or with another recipe in it, is made anew.
    def stamp
      "#{@root}/.complete"
    end

    def recipe
      [@base, @extra, @packages, *@arch].inspect
    end

    def bootstrap
      puts "Making #{@root}"
      install_debootstrap
      mirror = debian_mirror
      FileUtils.mkdir_p(HOME)
      attempt("rm", "-rf", "--one-file-system", @root)
      attempt("unshare", "--mount", "debootstrap", *("--arch=#{@arch}" if @arch),
              "--variant=minbase", "--include=ca-certificates", @base, @root, mirror)
      copy_from_host("/etc/resolv.conf", "/etc/hosts")
      configure_apt(mirror)
      install_ruby
      File.write(stamp, recipe)
    end

    def install_debootstrap
      install("debootstrap") unless runs?("debootstrap", "--version")
    end

    def runs?(*command)
      system(*command, %i[out err] => File::NULL)
    end

    # With this machine's ways to the mirror: proxies, passwords, certificates, relaxed checks.
    def configure_apt(mirror)
      suites = [@base, *@extra]
      write("/etc/apt/sources.list", suites.map { |suite| "deb #{mirror} #{suite} main\n" }.join)
      settings = attempt("apt-config", "dump", "--no-empty", "--format", "%f \"%v\";%n", "Acquire")
      write("/etc/apt/apt.conf.d/90host", settings.lines.grep_v(/IndexTargets/).join)
      write("/etc/dpkg/dpkg.cfg.d/90fast", "force-unsafe-io\n")
      copy_from_host("/etc/apt/auth.conf", *Dir["/etc/apt/auth.conf.d/*"],
                     *Dir["/usr/local/share/ca-certificates/**/*.crt"])
      attempt(*enter("update-ca-certificates"))
    end

    def install_ruby
      attempt(*enter("apt-get", "update"))
      attempt(*enter("apt-get", "install", "-y", "--no-install-recommends", *@packages))
      ruby = @packages.first
      FileUtils.ln_sf("/usr/bin/#{ruby}", "#{@root}/usr/local/bin/ruby") unless ruby == "ruby"
    end

    def write(path, text)
      FileUtils.mkdir_p(File.dirname(@root + path))
      File.write(@root + path, text)
    end

    def copy_from_host(*paths)
      paths.select { |path| File.file?(path) }.each { |path| write(path, File.read(path)) }
    end
  end
end
