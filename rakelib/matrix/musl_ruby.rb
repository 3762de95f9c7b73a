# frozen_string_literal: true

require "etc"
require_relative "lean_ruby"

module Matrix
  # Ruby 3.1 and zlib of Debian 12, compiled against musl on this machine, without openssl.
  class MuslRuby < LeanRuby
    PACKAGES = %w[musl-tools musl-dev linux-libc-dev dpkg-dev xz-utils bzip2 make].freeze
    WITHOUT = %w[openssl readline fiddle dbm gdbm syslog].freeze
    GEMS = %w[rake rake-compiler minitest minitest-parallel_fork datadog-ruby_core_source
              libyajl2 yajl-ruby nio4r puma rack kgio raindrops unicorn pitchfork].freeze
    FILES = %w[test/heapdump/lines/test_laws.rb test/heapdump/mri/test_{capabilities,layout}.rb
               test/heapdump/process/test_{fork,small_stacks}.rb
               test/heapdump/out/test_missing_codecs.rb
               test/triggers/test_{trigger,servers,servers_signals}.rb
               test/outside/test_take_by_ptrace.rb].freeze
    CPU = RUBY_PLATFORM[/\A\w+/]
    KERNEL_HEADERS = { "linux" => "/usr/include/linux", "asm-generic" => "/usr/include/asm-generic",
                       "asm" => "/usr/include/#{CPU}-linux-gnu/asm" }.freeze
    private_constant :PACKAGES, :WITHOUT, :GEMS, :FILES, :CPU, :KERNEL_HEADERS

    def initialize
      super("musl", gems: GEMS, files: FILES)
    end

    private

    def environment
      super("#{@root}/ruby/bin").merge("HEAPDUMP_TEST_LIBRARIES" => "#{@root}/zlib/lib")
    end

    def make_ruby
      install(*PACKAGES)
      fetch("deb-src", nil, "source", "zlib", "ruby3.1")
      Dir["#{@root}/*.orig.tar.*"].each do |archive|
        attempt("tar", "--no-same-owner", "-xf", archive, chdir: @root)
      end
      FileUtils.mkdir_p("#{@root}/include")
      KERNEL_HEADERS.each { |name, path| FileUtils.ln_s(path, "#{@root}/include/#{name}") }
      compile_zlib
      compile_ruby
    end

    # Ruby has it within itself. The library is for the processes that look for one, and in a place
    # of its own: where others look for theirs it would not fit programs of this machine.
    def compile_zlib
      { "ruby" => %w[--static], "zlib" => [] }.each do |place, options|
        attempt("env", "CC=musl-gcc", "CFLAGS=-O2 -fPIC", "./configure", *options,
                "--prefix=#{@root}/#{place}", chdir: source("zlib"))
        attempt("make", "clean", chdir: source("zlib"))
        attempt("make", "install", chdir: source("zlib"))
      end
    end

    def compile_ruby
      File.write("#{source("ruby")}/gems/bundled_gems", "") # those would be fetched
      attempt("env", "CC=musl-gcc", "CPPFLAGS=-isystem #{@root}/include -I#{@root}/ruby/include",
              "LDFLAGS=-L#{@root}/ruby/lib", "./configure", "--prefix=#{@root}/ruby",
              "--build=#{CPU}-linux-musl", "--with-baseruby=#{RbConfig.ruby}",
              "--with-out-ext=#{WITHOUT.join(",")}", "--disable-install-doc", chdir: source("ruby"))
      attempt("make", "-j#{Etc.nprocessors}", chdir: source("ruby"))
      attempt("make", "install", chdir: source("ruby"))
    end

    def source(name)
      Dir["#{@root}/#{name}-*/"].first
    end
  end
end
