# frozen_string_literal: true

# ruby rakelib/debug_image/build.rb DIRECTORY PLACE
#
# Compiles the extension for the Ruby that runs this, into DIRECTORY/RUBY-PLATFORM.PLACE, and the
# program attach for its processor. It needs no gem. The extension is linked with no libruby: some
# Rubies are one file with it and others are not, and the process has the functions in any case.

require "etc"
require "fileutils"
require "open3"
require "rbconfig"
require "tmpdir"
require_relative "../../lib/heapdump/errors"
require_relative "../../lib/heapdump/outside/prebuilt"

module DebugImage
  # Runs extconf.rb and make in a directory of its own.
  class Build
    EXT = File.expand_path("../../ext", __dir__)
    WITHOUT_LIBRUBY = %w[LIBRUBYARG LIBRUBYARG_SHARED LIBRUBYARG_STATIC].map { |name| "#{name}=" }
    private_constant :EXT, :WITHOUT_LIBRUBY

    def initialize(directory, place)
      @directory = directory
      @place = place
    end

    def extension
      api = RbConfig::CONFIG.fetch("ruby_version")
      name = HeapDump::Outside::Prebuilt.name(api, RUBY_PLATFORM)
      compile("heapdump", *WITHOUT_LIBRUBY) do |made|
        into = File.join(@directory, "#{name}.#{@place}")
        FileUtils.mkdir_p(into)
        FileUtils.install("#{made}/heapdump.so", into, mode: 0o755)
      end
    end

    # Without libraries, so that it runs whatever C library the image has.
    def program
      compile("attach", "LINKING=-static") do |made|
        next puts("no attach for #{@place}: heapdump take needs gdb") unless
          File.file?("#{made}/attach")

        into = File.join(@directory, "attach-#{RbConfig::CONFIG.fetch("host_cpu")}")
        FileUtils.install("#{made}/attach", into, mode: 0o755)
      end
    end

    private

    def compile(name, *variables)
      Dir.mktmpdir("heapdump-build") do |made|
        run(made, RbConfig.ruby, "#{EXT}/#{name}/extconf.rb")
        run(made, "make", "-j#{Etc.nprocessors}", *variables)
        yield made
      end
    end

    def run(directory, *command)
      output, status = Open3.capture2e(*command, chdir: directory)
      return if status.success?

      puts output.lines.last(20)
      abort "#{command.first(2).join(" ")} failed in #{@place}"
    end
  end
end

if $PROGRAM_NAME == __FILE__
  build = DebugImage::Build.new(File.expand_path(ARGV.fetch(0)), ARGV.fetch(1))
  build.extension
  build.program
end
