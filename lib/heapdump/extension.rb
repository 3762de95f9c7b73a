# frozen_string_literal: true

require "rbconfig"

module HeapDump
  # Where the C extensions lie, and the loading of the dumper's. Alone, as a debugger loads it, it
  # raises nothing (ext/heapdump/load.h); loaded by this library it raises what went wrong.
  module Extension # :nodoc:
    # The path of an extension: beside this file, or among the extensions of RubyGems, which can be
    # told to put them nowhere else. By its path it is found in a process whose $LOAD_PATH does not
    # lead to this library.
    def self.path(name = "heapdump")
      file = "#{name}.#{RbConfig::CONFIG.fetch("DLEXT")}"
      beside = File.join(__dir__, file)
      return beside if File.file?(beside)

      directories = $LOAD_PATH.map(&:to_s)
      gem = defined?(Gem::Specification) && Gem.loaded_specs["heapdump"]
      directories << gem.extension_dir if gem
      directories.map { |directory| File.join(directory, "heapdump", file) }
                 .find { |path| File.file?(path) } || beside
    end

    # Loads the dumper's, and once more what a debugger has loaded in vain.
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
