# frozen_string_literal: true

require_relative "lean_ruby"

module Matrix
  # The Ruby of a Debian for arm64, which qemu runs. Its packages are unpacked and not installed,
  # so that nothing of them has to run, and a cross compiler compiles: this is much quicker than a
  # whole Debian of that architecture (ARCH=arm64), and sees the files of this machine.
  class EmulatedRuby < LeanRuby
    PACKAGES = %w[ruby-yajl libyajl-dev zlib1g-dev libzstd1].freeze
    GEMS = %w[rake rake-compiler minitest minitest-parallel_fork datadog-ruby_core_source].freeze
    # qemu knows no ptrace, and closes a descriptor too few before workers begin.
    FILES = %w[test/heapdump/lines/test_{laws,objects,containers,code,threads,roots}.rb
               test/heapdump/mri/test_{capabilities,layout}.rb
               test/triggers/test_trigger.rb test/outside/test_agent_memory.rb].freeze
    private_constant :PACKAGES, :GEMS, :FILES

    # +ruby+ is the version (of two numbers) that this Debian has.
    def initialize(debian = "bookworm", ruby: "3.1")
      super(debian == "bookworm" ? "arm64" : "arm64-#{debian}", gems: GEMS, files: FILES)
      @debian = debian
      @ruby = ruby
    end

    private

    # qemu looks for each file in the root first.
    def environment
      super("#{@root}/bin").merge("QEMU_LD_PREFIX" => "#{@root}/root", **EMULATED)
    end

    def make
      emulate("arm64")
      super
    end

    def make_ruby
      install("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross")
      fetch("deb", "arm64", "install", "--no-install-recommends", "ruby#{@ruby}-dev", *PACKAGES,
            debian: @debian)
      Dir["#{@root}/apt/cache/archives/*.deb"].each do |package|
        attempt("dpkg", "-x", package, "#{@root}/root")
      end
      lib = "#{@root}/root/lib" # since Debian 13 no package has it
      FileUtils.ln_s("usr/lib", lib) unless File.exist?(lib)
      FileUtils.mkdir_p("#{@root}/bin")
      FileUtils.ln_s("#{@root}/root/usr/bin/ruby#{@ruby}", "#{@root}/bin/ruby")
      File.write("#{@root}/root/usr/lib/aarch64-linux-gnu/ruby/#{@ruby}.0/rbconfig.rb", IN_THE_ROOT,
                 mode: "a")
    end

    # Where the Ruby itself and its headers are, for processes of this machine. Its library may need
    # a newer C library than the compiler has.
    IN_THE_ROOT = <<~'RUBY'
      root = ENV.fetch("QEMU_LD_PREFIX")
      [RbConfig::CONFIG, RbConfig::MAKEFILE_CONFIG].each do |config|
        %w[bindir rubyhdrdir rubyarchhdrdir].each do |name|
          config[name] = root + RbConfig::CONFIG[name].delete_prefix(root)
        end
        config["LDFLAGS"] += " -Wl,--allow-shlib-undefined"
        %w[CC LDSHARED].each do |name|
          config[name] = config[name].sub(/aarch64-linux-gnu-gcc/, "\\0 --sysroot=#{root}")
        end
      end
    RUBY
    private_constant :IN_THE_ROOT
  end
end
