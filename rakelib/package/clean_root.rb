# frozen_string_literal: true

require_relative "../matrix/debian_root"

# A Debian system with Ruby, its headers and a compiler, for a built gem and nothing else of this
# directory.
class CleanRoot < Matrix::DebianRoot
  PACKAGES = ["ruby", "ruby-dev", *COMPILER].freeze
  YAJL = %w[libyajl-dev pkg-config].freeze

  def initialize(release, gems)
    super("package-#{release}", base: release, ruby: PACKAGES)
    @gems = gems
  end

  # Installs the gem as a user without rights, without and with the system's libyajl.
  def check
    apt("purge", "--auto-remove", *YAJL)
    install("gem")
    apt("install", "--no-install-recommends", *YAJL)
    install("system")
  end

  private

  def copy_sources
    FileUtils.rm_rf(sources)
    FileUtils.mkdir_p(sources)
    FileUtils.cp([*@gems, "#{__dir__}/check.rb"], sources)
  end

  def apt(*arguments)
    output = +""
    status = run("apt-get", *arguments, "-y") { |line| output << line }
    abort "apt-get #{arguments.join(" ")}:\n#{output}" unless status.success?
  end

  def install(yajl)
    status = run("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups",
                 "ruby", "check.rb", ".", yajl) { |line| puts line }
    abort "package: failed in #{name}" unless status.success?
  end
end
