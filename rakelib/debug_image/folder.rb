# frozen_string_literal: true

require "fileutils"
require "rbconfig"
require_relative "../matrix/place"

module DebugImage
  # The folder of a debug image: the command, the library without its own extensions, and in
  # +prebuilt+ what build.rb has compiled in several places.
  class Folder
    BUILD = File.expand_path("build.rb", __dir__)
    ROOT = File.expand_path("../..", __dir__)
    # Needs a shell and a Ruby, whichever, in the path.
    COMMAND = <<~'SH'
      #!/bin/sh
      here=$(dirname "$(readlink -f "$0")")
      exec ruby -I "$here/../lib" "$here/../exe/heapdump" "$@"
    SH
    private_constant :BUILD, :ROOT, :COMMAND

    def initialize(path)
      @path = File.expand_path(path)
      @failed = false
    end

    # Makes it anew.
    def copy_library
      FileUtils.rm_rf(%w[bin exe lib prebuilt].map { |name| File.join(@path, name) })
      files = Dir.glob("{exe,lib}/**/*", base: ROOT).select { |file| library?(file) }
      files.each do |file|
        FileUtils.mkdir_p(File.dirname(File.join(@path, file)))
        FileUtils.cp(File.join(ROOT, file), File.join(@path, file))
      end
      FileUtils.mkdir_p([prebuilt, File.join(@path, "bin")])
      File.write(File.join(@path, "bin", "heapdump"), COMMAND, perm: 0o755)
    end

    # For the Ruby that runs this.
    def build_here
      told("here", system(RbConfig.ruby, BUILD, prebuilt, "here"))
    end

    def build_in(place)
      place.prepare
      told(place.name, place.built?("rakelib/debug_image/build.rb", prebuilt))
    rescue Matrix::Skip => e
      puts "SKIPPED #{place.name}: #{e.message}"
    end

    def list
      Dir.children(prebuilt).sort
    end

    def whole?
      !@failed
    end

    private

    def prebuilt
      File.join(@path, "prebuilt")
    end

    def library?(file)
      File.file?(File.join(ROOT, file)) && !file.match?(%r{\.(so|bundle)\z|\Alib/heapdump/attach\z})
    end

    def told(name, built)
      @failed = true unless built
      puts "FAILED #{name}" unless built
    end
  end
end
