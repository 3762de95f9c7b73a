# frozen_string_literal: true

# Dumps whose names and values try to become more than text, for tests that include GrownDumps.
module HostileNames
  NAMES = {
    script: "</script><script>alert(1)</script>", image: "<img src=x onerror=alert(1)>",
    attribute: "\"><b onclick=alert(1)>", style: "</style><iframe src=//evil.example>",
    comment: "<!--", entity: "&lt;&#x3c;", turned: "\u202Egnp.exe", nul: "a\0b",
    lines: "a\nb\u2028c\u2029d", escape: "\e]0;owned\a\e[2J", c1: "\u009b31m", bom: "\uFEFFx",
    template: "<%= `id` %> \#{1 + 1} {{x}}", shell: "$(id) `id`; rm -rf ~ 'x' \"y\"",
    long: "L#{"<\u202E" * 25_000}"
  }.freeze

  # Three dumps in which objects of classes with such names grow, held by such names.
  def hostile_dumps
    @hostile_dumps ||= [5, 25, 50].map.with_index do |count, number|
      dump(number, program: NAMES[:script]) { |made| hostile_names(made, count) }
    end
  end

  private

  def hostile_names(made, count)
    made.constant("HUGE", made.object("H#{"<\u202E" * 250_000}")) # 1 MB
    NAMES.values.each_with_index do |name, i|
      list = objects(made, name, count, 0x50_0000 + (i * 0x10_0000)) do |at|
        { name => at < 3 ? made.string(name) : nil }
      end
      made.constant(name, made.hash([[made.string(name), made.array(list)], [":#{name}", i]]))
      made.root(made.thread([[name, "/#{name}.rb", 1], ["x #{name}"]], thread_name: name))
      made.constant("F#{i}", made.file(name, path: name))
      made.constant("P#{i}", made.data("Proc", "proc", file: name, line: 1))
    end
  end
end
