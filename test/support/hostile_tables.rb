# frozen_string_literal: true

require "support/made_dump"

# A dump with names that databases find hard.
module HostileTables
  HOSTILE = ["a\0b", "tab\tline\nreturn\rback\\slash", "quote'\"", "\u202Egnp.exe", "\\N", "\\.",
             "x" * 10_240, "é\u{1F600}", ""].freeze

  def hostile_dump(path)
    MadeDump.write(path, 0) do |one|
      HOSTILE.each_with_index do |name, i|
        one.constant("C#{i}", one.object("K#{name}", ivars: { "@#{name}" => one.string(name) }))
        one.root(one.thread([[name, "/#{name}.rb", 1]], thread_name: name))
      end
    end
  end
end
