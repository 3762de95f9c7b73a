# frozen_string_literal: true

require "fileutils"
require "tmpdir"

module HeapDump
  class Web
    # Opens an address in the user's browser, where there is a desktop. Everybody can see the
    # arguments of a process, so the browser is given a file that leads to the address, and that
    # only the user can read.
    class Browser
      # The commands, and a variable of the environment that tells that there is a desktop.
      COMMANDS = { "xdg-open" => %w[WAYLAND_DISPLAY DISPLAY], "open" => [] }.freeze
      CREATE = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
      private_constant :COMMANDS, :CREATE

      def initialize(environment = ENV, platform = RUBY_PLATFORM)
        @environment = environment
        @platform = platform
      end

      # Whether there is one to open.
      def there?
        !command.nil?
      end

      # Opens an address. The file is there until #close. Nothing happens if the command cannot be
      # run: the address can be typed.
      def open(url)
        @directory = Dir.mktmpdir("heapdump-", runtime_directory)
        path = File.join(@directory, "open.html")
        File.open(path, CREATE, 0o600) { |file| file.write(page(url)) }
        child = Process.spawn(command, path, %i[in out err] => File::NULL, pgroup: true)
        Process.detach(child)
      rescue SystemCallError
        close
      end

      def close
        FileUtils.rm_rf(@directory) if @directory
      end

      private

      # The path of the command, nil if there is none or no desktop.
      def command
        name = @platform.include?("darwin") ? "open" : "xdg-open"
        variables = COMMANDS.fetch(name)
        return unless variables.empty? || variables.any? { |one| !@environment[one].to_s.empty? }

        @environment["PATH"].to_s.split(File::PATH_SEPARATOR)
                            .map { |directory| File.join(directory, name) }
                            .find { |path| File.file?(path) && File.executable?(path) }
      end

      # Where files of the user's session are, nil if there is no such place.
      def runtime_directory
        path = @environment["XDG_RUNTIME_DIR"].to_s
        path if File.directory?(path) && File.owned?(path)
      end

      def page(url)
        <<~HTML
          <!DOCTYPE html>
          <meta charset="utf-8">
          <meta http-equiv="refresh" content="0; url=#{url}">
          <title>heapdump</title>
        HTML
      end
    end
  end
end
