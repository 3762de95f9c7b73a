# frozen_string_literal: true

require "rbconfig"
require_relative "../extension"
require_relative "loan"

module HeapDump
  module Outside
    # The extensions that a process may load, for a command that need not run the same Ruby: its
    # own, and those in the folder +prebuilt+ beside +lib+, if there is one. `rake debug_image`
    # makes it, with a folder for each Ruby, processor, C library and machine it was built on:
    # prebuilt/3.3.0-x86_64-linux-gnu.trixie/heapdump.so
    class Prebuilt
      def self.folder
        File.expand_path("../../../prebuilt", __dir__)
      end

      # The name of what is built for a Ruby, by the version of its interface ("3.3.0") and its
      # platform (RUBY_PLATFORM). Not every Ruby for glibc says so in its platform.
      def self.name(api, platform)
        cpu, system, libc = platform.split("-")
        "#{api[/\A[\d.]+/]}-#{cpu}-#{system}-#{libc.to_s.include?("musl") ? "musl" : "gnu"}"
      end

      # A program for the processor of this machine in that folder.
      def self.program(name)
        File.join(folder, "#{name}-#{RbConfig::CONFIG["host_cpu"]}")
      end

      # +image+ is the RubyImage of the process; +own+ the path of the command's own extension.
      def initialize(image, own: Extension.path)
        @image = image
        @own = own
      end

      # The path of the one to load: the first that fits the libraries of the process, else the
      # first that fits its Ruby, else nil.
      def path
        return @path if defined?(@path)

        @path = candidates.find { |file| fits?(file) } || candidates.first
      end

      # For which Rubies there are any, as [api, platform] or names of folders.
      def kinds
        Dir.children(Prebuilt.folder).map { |name| name[/\A.*-.*-.*-[a-z]+/] }.compact.uniq.sort
      rescue SystemCallError
        []
      end

      # Whether the command itself is built for it.
      def ours?
        ours = RbConfig::CONFIG["ruby_version"][/\A[\d.]+/]
        [@image.api, @image.platform] == [ours, RUBY_PLATFORM]
      end

      private

      def candidates
        @candidates ||= begin
          wanted = Prebuilt.name(@image.api, @image.platform)
          built = Dir.glob("#{wanted}{,.*}/#{Loan::NAME}", base: Prebuilt.folder).sort
          own = [@own].select { |file| File.file?(file) && ours? }
          own + built.map { |file| File.join(Prebuilt.folder, file) }
        end
      end

      def fits?(file)
        Loan.obstacle(@image, file).nil? && @image.satisfies?(file)
      end
    end
  end
end
