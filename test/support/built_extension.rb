# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"
require "tmpdir"
require_relative "c_program"

# The dumper's extension compiled once more, with other macros: a directory for the load path, with
# a copy of lib/, which loads the extension that lies beside it.
class BuiltExtension
  LIB = File.expand_path("../../lib", __dir__)
  EXTCONF = File.expand_path("../../ext/heapdump/extconf.rb", __dir__)
  KEEPING = File.expand_path("keeping_objects", __dir__)

  class << self
    def with(*macros)
      @built ||= {}
      @built[macros] ||= build(macros)
    end

    private

    def build(macros)
      directory = Dir.mktmpdir("heapdump-built")
      owner = Process.pid
      at_exit { FileUtils.rm_rf(directory) if Process.pid == owner }
      flags = ["-O0", "-w", *macros].join(" ") # which compiles quickest
      command(directory, RbConfig.ruby, EXTCONF, "--with-cflags=#{flags}")
      command(directory, "make", "-j2", "CC=#{KEEPING} #{RbConfig::CONFIG.fetch("CC")}")
      FileUtils.cp_r(File.join(LIB, "."), directory)
      FileUtils.mv(File.join(directory, "heapdump.so"), File.join(directory, "heapdump"))
      directory
    end

    def command(directory, *command)
      environment = { "RUBYOPT" => nil, "HEAPDUMP_PEDANTIC" => nil, "MAKEFLAGS" => nil,
                      "OBJECTS" => CProgram.objects }
      output, status = Open3.capture2e(environment, *command, chdir: directory)
      raise output unless status.success?
    end
  end
end
