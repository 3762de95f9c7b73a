# frozen_string_literal: true

require "etc"
require_relative "place"

module Matrix
  # Ruby 3.1 and zlib of Debian 12, compiled against musl on this machine. It has no openssl, so its
  # gems are those that were fetched for this machine's Ruby; its tests are those of FILES, because
  # most of the others need gems or libraries that are not compiled here.
  class MuslRuby < Place
    PACKAGES = %w[musl-tools musl-dev linux-libc-dev dpkg-dev xz-utils bzip2 make].freeze
    WITHOUT = %w[openssl readline fiddle dbm gdbm syslog].freeze
    GEMS = %w[rake rake-compiler minitest minitest-parallel_fork libyajl2 yajl-ruby].freeze
    FILES = %w[test/heapdump/**/test_*.rb test/triggers/test_{auto,trigger}.rb
               test/outside/test_{take,take_by_ptrace,attach,attach_others}.rb].join(" ").freeze
    # With these of the files in rakelib: others need more gems.
    RAKE = "ruby -S rake -R none -I rakelib -r compile -r test"
    KERNEL_HEADERS = { "linux" => "/usr/include/linux", "asm-generic" => "/usr/include/asm-generic",
                       "asm" => "/usr/include/#{RUBY_PLATFORM[/\A\w+/]}-linux-gnu/asm" }.freeze
    APT = %w[Dir::Etc::sourcelist=%s/sources.list Dir::Etc::sourceparts=- APT::Sandbox::User=root
             Dir::State::lists=%s/lists Dir::Cache=%s/cache].freeze
    private_constant :APT, :PACKAGES, :WITHOUT, :GEMS, :FILES, :RAKE, :KERNEL_HEADERS

    def initialize
      super("musl")
      @root = "#{HOME}/musl"
    end

    # Compiles, without bundler.
    def set_up(&)
      run("sh", "-c", "#{RAKE} compile", &)
    end

    def test(&)
      run("sh", "-c", "#{RAKE} test || #{RAKE} test:failed", &)
    end

    private

    def sources
      "#{@root}/heapdump"
    end

    def command(*command)
      ["env", "-C", sources, *command]
    end

    def environment
      { "HEAPDUMP_TEST_FILES" => FILES, "HEAPDUMP_TEST_RAILS" => "skip", "HEAPDUMP_CHECK" => "1",
        "HEAPDUMP_PEDANTIC" => "1", "HOME" => Dir.home, "LANG" => "C.UTF-8",
        "DEBIAN_FRONTEND" => "noninteractive", **passed_on,
        "PATH" => "#{@root}/ruby/bin:#{ENV.fetch("PATH")}" }
    end

    def make
      return if File.exist?(stamp)
      raise Skip, "needs Linux" unless RUBY_PLATFORM.include?("linux")

      puts "Making #{@root}"
      FileUtils.rm_rf(@root)
      FileUtils.mkdir_p("#{@root}/include")
      install(*PACKAGES)
      fetch("zlib", "ruby3.1")
      KERNEL_HEADERS.each { |name, path| FileUtils.ln_s(path, "#{@root}/include/#{name}") }
      compile_zlib
      compile_ruby
      install_gems
      File.write(stamp, "")
    end

    # Written last.
    def stamp
      "#{@root}/.complete"
    end

    # Sources as their authors have published them, in folders that begin with the names. apt checks
    # their signatures; what it knows of them stays in the root.
    def fetch(*names)
      FileUtils.mkdir_p(["#{@root}/apt/lists/partial", "#{@root}/apt/cache/archives/partial"])
      File.write("#{@root}/apt/sources.list", "deb-src #{debian_mirror} bookworm main\n")
      apt = ["apt-get", *APT.flat_map { |option| ["-o", format(option, "#{@root}/apt")] }]
      attempt(*apt, "update")
      attempt(*apt, "source", "--download-only", *names, chdir: @root)
      Dir["#{@root}/*.orig.tar.*"].each { |archive| unpack(archive) }
    end

    def unpack(archive)
      attempt("tar", "--no-same-owner", "-xf", archive, chdir: @root)
    end

    def compile_zlib
      attempt("env", "CC=musl-gcc", "CFLAGS=-O2 -fPIC", "./configure", "--static", "--prefix=#{@root}/ruby",
              chdir: source("zlib"))
      attempt("make", "install", chdir: source("zlib"))
    end

    def compile_ruby
      File.write("#{source("ruby")}/gems/bundled_gems", "") # those would be fetched
      attempt("env", "CC=musl-gcc", "CPPFLAGS=-isystem #{@root}/include -I#{@root}/ruby/include",
              "LDFLAGS=-L#{@root}/ruby/lib", "./configure", "--prefix=#{@root}/ruby",
              "--build=#{RUBY_PLATFORM[/\A\w+/]}-linux-musl", "--with-baseruby=#{RbConfig.ruby}",
              "--with-out-ext=#{WITHOUT.join(",")}", "--disable-install-doc", chdir: source("ruby"))
      attempt("make", "-j#{Etc.nprocessors}", chdir: source("ruby"))
      attempt("make", "install", chdir: source("ruby"))
    end

    def source(name)
      Dir["#{@root}/#{name}-*/"].first
    end

    # From where bundler has put them for this machine's Ruby.
    def install_gems
      files = GEMS.map do |name|
        Dir[File.join(Gem.dir, "cache", "#{name}-[0-9]*.gem")].max or
          raise Skip, "the gem #{name} is not in #{Gem.dir}/cache"
      end
      attempt("#{@root}/ruby/bin/ruby", "-S", "gem", "install", "--local", "--no-document",
              "--ignore-dependencies", *files)
    end
  end
end
