# frozen_string_literal: true

require "rbconfig"

module HeapDump
  # Finds the C extensions, and loads that of the dumper. If a debugger loads the extension alone,
  # the extension raises nothing (ext/heapdump/load.h); if this library loads it, it raises its
  # errors.
  module Extension # :nodoc:
    # The path of an extension, which can be loaded even in a process whose $LOAD_PATH does not lead
    # to this library.
    def self.path(name = "heapdump")
      find("#{name}.#{RbConfig::CONFIG.fetch("DLEXT")}")
    end

    # The path of a file that was compiled: beside this file, or in the extension directory of
    # RubyGems, which can be configured to install extensions only there.
    def self.find(file)
      beside = File.join(__dir__, file)
      return beside if File.file?(beside)

      directories = $LOAD_PATH.map(&:to_s)
      gem = defined?(Gem::Specification) && Gem.loaded_specs["heapdump"]
      directories << gem.extension_dir if gem
      directories.map { |directory| File.join(directory, "heapdump", file) }
                 .find { |path| File.file?(path) } || beside
    end

    # Loads the extension of the dumper, a second time if a debugger has tried to load it and
    # failed.
    def self.load
      HeapDump.instance_variable_set(:@loading, true)
      require path
      load_again unless loaded?
    ensure
      HeapDump.instance_variable_set(:@loading, nil)
    end

    def self.load_again
      [path, File.realpath(path)].each { |file| $LOADED_FEATURES.delete(file) }
      require path
    end

    def self.loaded?
      HeapDump.singleton_class.private_method_defined?(:start)
    end
  end
end
