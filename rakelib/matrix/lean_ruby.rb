# frozen_string_literal: true

require_relative "place"

module Matrix
  # A Ruby that is made here without bundler. Its gems are those that were fetched for the Ruby of
  # this machine, and its tests those that need no others.
  class LeanRuby < Place
    # With these of the files in rakelib: others need more gems.
    RAKE = "ruby -S rake -R none -I rakelib -r compile -r test"
    private_constant :RAKE

    # +gems+ are their names, +files+ patterns of its tests.
    def initialize(name, gems:, files:)
      super(name)
      @root = "#{HOME}/#{name}"
      @gems = gems
      @files = files
    end

    # All is there when it is made.
    def set_up(&)
      run("ruby", "--version", &)
    end

    def test(&)
      run("sh", "-c", "#{RAKE} test || #{RAKE} test:failed", &)
    end

    private

    def make
      return if File.exist?(stamp)

      puts "Making #{@root}"
      FileUtils.rm_rf(@root)
      FileUtils.mkdir_p(@root)
      make_ruby
      install_gems
      File.write(stamp, "")
    end

    # Written last.
    def stamp
      "#{@root}/.complete"
    end

    def sources
      "#{@root}/heapdump"
    end

    def command(*command)
      ["env", "-C", sources, *command]
    end

    # +programs+ is where the Ruby is. Servers find the library, and programs of gems are found, as
    # bundler would have it.
    def environment(programs)
      { "HEAPDUMP_TEST_FILES" => @files.join(" "), "HEAPDUMP_TEST_RAILS" => "skip",
        "HEAPDUMP_CHECK" => "1", "HEAPDUMP_PEDANTIC" => "1", "DEBIAN_FRONTEND" => "noninteractive",
        "HOME" => Dir.home, "LANG" => "C.UTF-8", "GEM_HOME" => "#{@root}/gems",
        "GEM_PATH" => "#{@root}/gems", **passed_on, "RUBYLIB" => "#{sources}/lib",
        "PATH" => "#{programs}:#{@root}/gems/bin:#{ENV.fetch("PATH")}" }
    end

    # From where bundler has put them.
    def install_gems
      files = @gems.map do |name|
        Dir[File.join(Gem.dir, "cache", "#{name}-[0-9]*.gem")].max or
          raise Skip, "the gem #{name} is not in #{Gem.dir}/cache"
      end
      attempt("ruby", "-S", "gem", "install", "--local", "--no-document", "--ignore-dependencies",
              *files)
    end

    # Runs apt-get in @root, for packages of a Debian for an architecture (nil: that of this
    # machine); +kind+ is "deb" or "deb-src". apt checks signatures; what it knows of the packages
    # stays in @root, and it takes none for installed.
    def fetch(kind, arch, *arguments, debian: "bookworm")
      state = "#{@root}/apt"
      FileUtils.mkdir_p(%w[lists/partial cache/archives/partial].map { |name| "#{state}/#{name}" })
      File.write("#{state}/status", "")
      File.write("#{state}/sources.list", "#{kind} #{debian_mirror} #{debian} main\n")
      settings = { "Dir::Etc::sourcelist" => "#{state}/sources.list",
                   "Dir::Etc::sourceparts" => "-",
                   "Dir::State" => state, "Dir::State::lists" => "#{state}/lists",
                   "Dir::State::status" => "#{state}/status", "Dir::Cache" => "#{state}/cache",
                   "APT::Architecture" => arch, "APT::Architectures" => arch,
                   "APT::Sandbox::User" => "root" }.compact
      apt = ["apt-get", *settings.flat_map { |name, value| ["-o", "#{name}=#{value}"] }]
      attempt(*apt, "update")
      attempt(*apt, "--download-only", "-y", *arguments, chdir: @root)
    end
  end
end
