# frozen_string_literal: true

require "bundler"
require_relative "place"

module Matrix
  # A Ruby that is installed on this machine, given by the path of its executable.
  class LocalRuby < Place
    def initialize(ruby)
      super
      @ruby = File.expand_path(ruby)
      abort "matrix: #{ruby} is not there" unless File.executable?(@ruby) && File.file?(@ruby)

      @dir = "#{HOME}/#{@ruby.delete_prefix("/").tr("/", "-")}"
    end

    private

    def make
      FileUtils.mkdir_p("#{@dir}/bin")
      FileUtils.ln_sf(@ruby, "#{@dir}/bin/ruby")
    end

    def sources
      "#{@dir}/heapdump"
    end

    def command(*command)
      ["env", "-C", sources, *command]
    end

    def environment
      path = ["#{@dir}/bin", File.dirname(@ruby), ENV.fetch("PATH")].join(":")
      Bundler.unbundled_env.merge(passed_on, "PATH" => path)
    end
  end
end
