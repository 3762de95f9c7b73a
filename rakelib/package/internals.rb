# frozen_string_literal: true

require "fileutils"

# Signatures of what sig/ leaves out, so that steep can check the whole of lib/: generated from the
# code, nothing but names and numbers of arguments, with `untyped` for every type. What sig/
# declares is taken out of them, so that the code is held against sig/ there.
class Internals
  # rb_define_method(graph, "node", graph_node, 1)
  C_METHOD = /rb_define_\w*method\(.+, "(\S+)", \w+, (\d+)\)/
  ANY = "untyped"

  # The block runs `rbs` with the given arguments.
  def initialize(directory, &rbs)
    @directory = directory
    @rbs = rbs
  end

  def write
    FileUtils.rm_rf(@directory)
    @rbs.call("prototype", "rb", "--out-dir=#{@directory}", "--base-dir=.", "lib")
    Dir["#{@directory}/**/*.rbs"].each do |path|
      File.write(path, loosened(File.read(path, encoding: "UTF-8")))
    end
    File.write("#{@directory}/extensions.rbs", extensions)
    @rbs.call("subtract", "--write", @directory, "sig")
  end

  private

  # The generator guesses types from literals, takes an argument that is taken apart for one without
  # a name, and knows no type parameters.
  def loosened(text)
    text.gsub(/^(\s*def (?!initialize).*)-> .+$/, "\\1-> #{ANY}")
        .gsub(/\((?:.*[ (])?untyped(?:,.*)?\) -> untyped$/, "(?) -> #{ANY}")
        .gsub("def each: () ->", "def each: () { (?) -> void } ->")
        .gsub(/^(\s*[A-Z]\w*): .+$/, "\\1: #{ANY}")
        .gsub(/^(\s*include Enumerable)$/, "\\1[#{ANY}]")
        .gsub(/^(\s*class Page)$/, "\\1[T]")
  end

  def extensions
    growth, ends = %w[leaks_binding ends].map { |name| "ext/heapgraph/binding/#{name}.c" }
    <<~RBS
      module HeapDump
        #{methods_of(Dir["ext/heapdump/*.c"], "self.")}

        class Graph
          #{methods_of(Dir["ext/heapgraph/binding/*.c"] - [growth, ends])}
          #{methods_of([ends], "self.")}
        end

        class Growth
          def self.of: (#{ANY}, #{ANY}) -> Growth
          #{methods_of([growth])}
        end
      end
    RBS
  end

  def methods_of(paths, prefix = nil)
    found = paths.flat_map { |path| File.read(path, encoding: "UTF-8").scan(C_METHOD) }
    found.map do |name, count|
      "def #{prefix}#{name}: (#{([ANY] * count.to_i).join(", ")}) -> #{ANY}"
    end.uniq.join("\n")
  end
end
