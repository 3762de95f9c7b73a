# frozen_string_literal: true

require_relative "../terminal"
require_relative "edge_words"

module HeapDump
  class Snapshot
    # Nodes and edges in words: what every command calls them. Texts from the heap are harmless in
    # them and shortened (Terminal::Text.short): names of classes too, as a program may make them as
    # long as it likes.
    module Describe
      Text = Terminal::Text
      SHOWN = 40 # columns of a string's value
      NAMED = 120 # columns of anything else
      ELEMENTS = %i[index value value_at value_int key].freeze

      class << self
        # An object or root: "Registry (module)", "Hash of 2", "proc app/bus.rb:9", "Session".
        def node(node)
          short(BY_TYPE.fetch(node.type, OTHER).call(node))
        end

        # The same with its address, for where one is pointed at: "Session 0x7f10a2b3c4d8".
        def title(node)
          node.address ? "#{node(node)} #{node}" : node(node)
        end

        # The name of a reference: "@user", "[3]", "constant CACHE", "captured payload". Nothing
        # else is told of a frame than its variable; see frame_of.
        def edge(edge)
          short(EdgeWords.of(edge))
        end

        # Who holds something, by which name, and not which one: "Session#@state", "Hash [:id]",
        # "code app/bus.rb:9". Without +exact+, elements are "[…]", whatever their key is, and code
        # is all code.
        def owner(node, edge, exact: true)
          name = !exact && ELEMENTS.include?(edge.kind) ? "[…]" : edge(edge)
          who = node.name || node.class_name || nameless(node, exact)
          short(case edge.kind
                when :ivar then "#{who}#{node.name ? "." : "#"}#{name}"
                when :reference then who
                else "#{who} #{name}"
                end)
        end

        # The frame that an edge is of, nil for edges that are of no frame: "Shop#visit app.rb:59".
        # Older Rubies do not tell the class of a method; that of the frame's self is told then.
        def frame_of(edge, holder = nil)
          return unless edge.frame

          short(Frames.short(edge.frame, holder))
        end

        # "label file:line" with the file in short.
        def frame(frame)
          short(Frames.short(frame))
        end

        # "label file:line" without the line, which differs from dump to dump.
        def frame_label(frame)
          frame.sub(/:\d+\z/, "")
        end

        # A value as it stands in the line of a node: "0x…" is named, symbols and numbers are shown
        # as in Ruby.
        def value(node, value)
          case value
          when nil then "nil"
          when /\A0x\h+\z/ then (object = node.related(value)) ? title(object) : value
          when String then short(value)
          else value.to_s
          end
        end

        # The text of a STRING, SYMBOL or REGEXP line in quotes; nil where the dump has none of it.
        def text(line, columns = SHOWN)
          if line["value"].is_a?(String) then quoted(line, line["value"], columns)
          elsif line["value_base64"].is_a?(String)
            quoted(line, line["value_base64"].unpack1("m"), columns)
          end
        end

        # Where code is written: "app/bus.rb:9", nil if the line does not say.
        def place(line)
          file, number = line.values_at("file", "line")
          return unless file.is_a?(String)

          [Places.short(file), *(number if number.is_a?(Integer))].join(":")
        end

        # Where a constant of a module is set, nil for other edges and where it is not known.
        def constant_place(holder, edge)
          return unless edge.kind == :constant

          place = holder.field("constant_locations", Hash)&.[](edge.name)
          place.is_a?(String) ? short(Places.short(place)) : nil
        end

        # A text of the heap that is no content of a string, as long as it may be in a line.
        def short(text)
          Text.short(text, NAMED)
        end

        private

        def nameless(node, exact)
          case node.type
          when "ARRAY", "HASH" then "hidden #{node.type.capitalize}"
          when "IMEMO" then exact || node.kind != "iseq" ? node(node) : "code"
          else node(node)
          end
        end

        def quoted(line, value, columns)
          quoted = Text.quote(value, columns)
          line["truncated"] ? "#{quoted}…" : quoted
        end

        def sized(what, number)
          number ? "#{what} of #{Terminal::Units.count(number)}" : what
        end

        def string(node)
          line = node.brief
          name = node.class_name || "hidden String"
          text = text(line)
          return "#{name} #{text}" if text

          size = node.field("bytesize", Integer)
          size ? "#{name} of #{Terminal::Units.bytes(size)}" : name
        end

        def module_words(node)
          word = node.type.downcase
          return "singleton #{attached(node)}" if node.flag?(:singleton)

          node.name ? "#{node.name} (#{word})" : "anonymous #{word}"
        end

        # What a singleton class belongs to. The attached object of a class is named, no further.
        def attached(node)
          object = node.related(node.brief["attached"])
          return "class" unless object
          return "class of #{object.name}" if object.name

          "class of a #{object.class_name || object.type}"
        end

        def included(node)
          line = node.brief
          name = node.related(line["module"])&.name || "a module"
          includer = node.related(line["includer"])&.name
          includer ? "#{name} as included in #{includer}" : "#{name} as included"
        end

        def data(node)
          DATA_WORDS[node.kind]&.call(node) || node.class_name || node.kind || "DATA"
        end

        def imemo(node)
          IMEMO_WORDS[node.kind]&.call(node) || "#{node.kind&.tr("_", " ") || "internal"} (VM)"
        end

        def code(node, word)
          line = node.brief
          place = place(line)
          place ? "#{word} #{place}" : [word, line["method"] || line["label"]].compact.join(" ")
        end

        def thread(node)
          line = node.brief
          word = line["status"] == "dead" ? "dead thread" : "thread"
          return "main #{word}" if line["main"] == true

          name = node.field("thread_name")
          return "#{word} #{Text.quote(name)}" if name
          return "main #{word}" if runs_main?(node)

          begins = node.field("frames", Array)&.last
          [word, (place(begins) if begins.is_a?(Hash))].compact.join(" of ")
        end

        # In the fiber of the main thread that is there from the beginning the main program runs.
        def fiber(node)
          status = node.field("status")
          word = runs_main?(node) ? "fiber of the main thread" : "fiber"
          status ? "#{word} (#{status})" : word
        end

        def runs_main?(node)
          begins = node.field("frames", Array)&.last
          begins.is_a?(Hash) && begins["label"] == "<main>"
        end

        # A socket and a pipe have classes of their own.
        def file(node)
          [node.class_name || "IO", node.field("path")].compact.join(" ")
        end

        # Of which code the variables are: the iseq tells.
        def variables(node)
          code = node.related(node.brief["iseq"])&.brief || {}
          ["variables of", code["label"], place(code)].compact.join(" ").sub(/ of\z/, "")
        end

        def method_entry(node)
          line = node.brief
          owner = node.related(line["owner"])&.name
          ["method", [owner, line["method"]].compact.join("#")].join(" ")
        end

        def root(node)
          name = ROOTS.fetch(node.kind, "root #{node.kind}")
          node.flag?(:conservative) ? "#{name} (may hold by chance)" : name
        end
      end

      ROOTS = {
        "global_variables" => "global variables",
        "machine_context" => "machine stack",
        "finalizers" => "finalizers",
        "unknown" => "something unknown (the dump has no ROOT lines)"
      }.freeze

      OTHER = ->(node) { node.class_name || node.type.downcase }
      BY_TYPE = {
        "CLASS" => method(:module_words), "MODULE" => method(:module_words),
        "ICLASS" => method(:included),
        "STRING" => method(:string), "SYMBOL" => method(:string), "REGEXP" => method(:string),
        "ARRAY" => lambda { |node|
          sized(node.class_name || "hidden Array", node.field("length", Integer))
        },
        "HASH" => ->(node) { sized(node.class_name || "hidden Hash", node.field("size", Integer)) },
        "OBJECT" => ->(node) { node.class_name || "object of an anonymous class" },
        "STRUCT" => ->(node) { node.class_name || "anonymous struct" },
        "DATA" => method(:data), "IMEMO" => method(:imemo), "ROOT" => method(:root),
        "FILE" => method(:file),
        "VIRTUAL_ROOT" => ->(_) { "the VM" },
        "MISSING" => ->(_) { "something that is not in the dump" }
      }.freeze

      DATA_WORDS = {
        "proc" => ->(node) { code(node, node.brief["lambda"] ? "lambda" : "proc") },
        "binding" => ->(node) { code(node, "binding") },
        "method" => ->(node) { "method object #{node.brief["method"]}" },
        "VM/thread" => method(:thread),
        "fiber" => method(:fiber)
      }.freeze

      IMEMO_WORDS = {
        "env" => method(:variables),
        "iseq" => ->(node) { code(node, "code") },
        "ment" => method(:method_entry),
        "fields" => ->(_) { "fields" }
      }.freeze
    end
  end
end
