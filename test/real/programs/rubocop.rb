# frozen_string_literal: true

module Programs
  # rubocop reads a part of its own source.
  class Rubocop < Program
    WANTED = {
      class: "RuboCop::Cop::Registry",
      summary: [/^live objects/, /^process \(RSS\)/],
      top: [/RuboCop|Parser/],
      why: [/RuboCop/, /^  → /]
    }.freeze

    def self.what
      "on its own source"
    end

    def self.unable; end

    private

    def session
      source = "#{Gem::Specification.find_by_name("rubocop").gem_dir}/lib/rubocop/cop/lint"
      start(RbConfig.ruby, "-ratend", "-S", "rubocop", "--cache", "false", "--no-parallel",
            "--no-server", "--format", "progress", "--force-default-config", source)
      [0.3, 0.6, 0.9].each do |part|
        wait_for("#{part} of the files") { progress > part }
        dump
      end
      wait_for("its end") { ruby("Inside.stays?") }
      laws
      questions(@dumps[1], WANTED)
      puts "  leaks: #{ask("leaks", *@dumps).text.lines.first}"
    ensure
      stop(:KILL)
    end

    # Which part of the files it has read: it prints a character for each.
    def progress
      files, done = File.read(@log).match(/^Inspecting (\d+) files\n([.A-Z]*)/)&.captures
      files ? done.size / files.to_f : 0
    end
  end
end
