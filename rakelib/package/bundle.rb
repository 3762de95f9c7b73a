# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"

# Commands of the gems in test/package/Gemfile, which are installed when they are first wanted.
class PackageBundle
  def initialize
    directory = File.expand_path("tmp/bundle/#{RUBY_VERSION}-#{RUBY_PLATFORM}")
    gemfile = "#{directory}/package/Gemfile"
    FileUtils.mkdir_p(File.dirname(gemfile))
    File.write(gemfile, %(eval_gemfile "../../../../test/package/Gemfile"\n))
    @environment = { "BUNDLE_PATH" => "#{directory}/gems", "BUNDLE_GEMFILE" => gemfile,
                     "BUNDLE_LOCKFILE" => nil, "BUNDLER_SETUP" => nil,
                     "RUBYOPT" => nil, "RUBYLIB" => nil, "LANG" => "C.UTF-8", "LC_ALL" => nil }
    install
  end

  # What the command writes; ends the task if its status is none of +status+.
  def run(*command, status: [0])
    output, result = bundle("exec", *command)
    output.force_encoding(Encoding::UTF_8)
    abort "#{command.join(" ")}:\n#{output}" unless status.include?(result.exitstatus)
    output
  end

  private

  def install
    return if bundle("check").last.success?

    output, result = bundle("install")
    abort output unless result.success?
  end

  def bundle(*arguments)
    Open3.capture2e(@environment, RbConfig.ruby, "-S", "bundle", *arguments)
  end
end
