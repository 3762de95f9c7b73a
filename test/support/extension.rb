# frozen_string_literal: true

require "digest/sha2"
require "fileutils"
require "open3"
require "rbconfig"

# An extension in C that tests need: a directory in test/support with its sources. They are compiled
# once per Ruby and per state of the sources, so that nothing stale is ever loaded.
class Extension
  def initialize(name)
    @name = name
    @source = File.expand_path(name, __dir__)
  end

  # Compiles it where that has not been done. Returns the path of the library.
  def compile
    return path if File.exist?(path)

    FileUtils.mkdir_p(File.dirname(directory))
    scratch = "#{directory}.#{Process.pid}"
    FileUtils.mkdir_p(scratch)
    make(scratch)
    FileUtils.mv(scratch, directory) unless File.exist?(directory)
    path
  ensure
    FileUtils.rm_rf(scratch) if scratch
  end

  def path
    File.join(directory, "#{@name}.#{RbConfig::CONFIG["DLEXT"]}")
  end

  def require_extension
    require compile
  end

  private

  def directory
    @directory ||= begin
      texts = Dir[File.join(@source, "*.{c,rb}")].map { |path| File.read(path) }
      state = Digest::SHA256.hexdigest(texts.join)[0, 12]
      name = "#{RbConfig::CONFIG["ruby_version"]}-#{RUBY_VERSION}-#{RUBY_PLATFORM}-#{state}"
      File.expand_path("../../tmp/#{@name}/#{name}", __dir__)
    end
  end

  def make(scratch)
    log, status = Open3.capture2e({ "RUBYOPT" => nil }, "sh", "-ec", <<~SHELL, chdir: scratch)
      "#{RbConfig.ruby}" "#{@source}/extconf.rb"
      #{ENV.fetch("MAKE", "make")}
    SHELL
    raise "#{@name} does not compile:\n#{log}" unless status.success?
  end
end
