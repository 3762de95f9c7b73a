# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"

# What dumps of the shop say about its leak.
module Verdict
  CLASS_NAME = "Shop::Session"
  ROOT = File.expand_path("../..", __dir__)
  HEAPDUMP = [RbConfig.ruby, "-I#{ROOT}/lib", "#{ROOT}/exe/heapdump"].freeze

  module_function

  # Asks the dumps (paths, or a directory) what leaks, for people.
  def tell(*paths)
    puts "$ heapdump leaks #{paths.join(" ")}"
    system(*HEAPDUMP, "leaks", *paths)
  end

  # Whether they name the leak first, and accuse nothing else as surely.
  def right?(*paths)
    first, *others = suspects(*paths)
    first && named?(first) && others.none? { |one| one["confidence"] == first["confidence"] }
  end

  def suspects(*paths)
    answer, = Open3.capture2(*HEAPDUMP, "leaks", "--json", *paths)
    JSON.parse(answer).fetch("suspects")
  end

  # What must stand in the answer: the class, and the constant and the block that keep the sessions,
  # each with the line of the source that it is written in.
  def named?(suspect)
    app = File.join(__dir__, "app.rb")
    lines = File.readlines(app, encoding: Encoding::UTF_8) # whatever the locale is
    constant, block = [/SUBSCRIBERS =/, /EventBus\.subscribe\(/].map do |pattern|
      "#{app}:#{lines.index { |text| text.match?(pattern) } + 1}"
    end
    suspect["class"] == CLASS_NAME && suspect["location"] == block &&
      ["captured by proc #{block}", "constant Shop::EventBus::SUBSCRIBERS (#{constant})"]
        .all? { |words| suspect["holder"].include?(words) }
  end
end
