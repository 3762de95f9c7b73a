# frozen_string_literal: true

require "open3"
require "rbconfig"
require "socket"

module Machines
  # A program to dump. It prints "up PID" when it is there (the process to dump), and "tick 1" now
  # and then, or answers at its port.
  class Program
    GEMS = File.expand_path("../../../tmp/machines", __dir__)
    attr_reader :name, :input, :tick, :inside

    # +files+::  names and contents; +command+:: what is run among them, after Ruby
    # +env+::    variables of the environment; :preload names a library
    # +gems+::   what has to be installed
    # +server+:: whether it listens at PORT; +input+:: what it reads; +inside+:: whether it dumps
    #            itself when it is told a number; +around+:: runs what it needs, a server
    def initialize(name, files, command, **options)
      @name = name
      @files = files
      @command = command
      @env = options.fetch(:env, {})
      @gems = options.fetch(:gems, [])
      @server = options[:server]
      @input = options[:input]
      @inside = options[:inside]
      @tick = options.fetch(:tick, true)
      @around = options[:around]
      @needs = options[:needs]
    end

    def command
      [RbConfig.ruby, *@command.map { |word| word.sub("PORT", port.to_s) }]
    end

    # Why it cannot be run here, nil if it can.
    def missing
      preload = @env[:preload]
      @needs&.call || (preload && !library && "no #{preload}") || missing_gems
    end

    # Yields the environment for it, in a directory with its files.
    def around(directory)
      @files.each { |name, text| File.write(File.join(directory, name), text) }
      places = [*Gem.path, GEMS]
      path = [*places.map { |place| "#{place}/bin" }, ENV.fetch("PATH")].join(":")
      env = { **@env.except(:preload), "GEM_PATH" => places.join(":"), "PATH" => path }
      env["LD_PRELOAD"] = library if @env.key?(:preload)
      env["PORT"] = port.to_s if port
      @around ? @around.call(directory, env) { yield env } : yield(env)
    end

    def port
      @port ||= @server && TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    end

    private

    def library
      Dir["/usr/lib/{*/,}#{@env[:preload]}"].first
    end

    def missing_gems
      lacking = @gems.reject { |name| installed?(name) }
      return if lacking.empty?

      command = %W[#{RbConfig.ruby} -S gem install --no-document --install-dir #{GEMS}]
      output, status = Open3.capture2e({ "RUBYOPT" => nil }, *command, *lacking)
      "#{lacking.join(", ")}: #{output.lines.last}" unless status.success?
    end

    def installed?(name)
      [*Gem.path, GEMS].any? do |path|
        Dir[File.join(path, "specifications", "#{name}-[0-9]*.gemspec")].any?
      end
    end
  end
end
