# frozen_string_literal: true

module Programs
  # rubocop reads its own source.
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
      source = "#{Gem::Specification.find_by_name("rubocop").gem_dir}/lib"
      files = Dir["#{source}/**/*.rb"].size
      start(RbConfig.ruby, "-ratend", "-S", "rubocop", "--cache", "false", "--no-parallel",
            "--no-server", "--format", "progress", "--force-default-config", source)
      [0.3, 0.6, 0.9].each { |part| seen(files * part) && dump }
      wait_for("its end") { ruby("Inside.stays?") }
      laws
      questions(@dumps[1], WANTED)
      puts "  leaks: #{ask("leaks", *@dumps).text.lines.first}"
      ruby("Inside.go")
    ensure
      stop
    end

    # It prints a character for each file.
    def seen(files)
      wait_for("#{files.round} files") { File.read(@log).scan(/[.CWEF]/).size > files }
    end
  end
end
