# frozen_string_literal: true

require_relative "../terminal"
require_relative "caches"
require_relative "edge_words"
require_relative "stack_words"

module HeapDump
  class Snapshot
    # Nodes and edges in words; every command uses the same ones. Texts from the heap are made
    # harmless and short here (Terminal::Text.short), names of classes too, because a program may
    # make them as long as it likes.
    module Describe
      Text = Terminal::Text
      SHOWN = 40 # columns of a string's value
      NAMED = 120 # columns of anything else
      ELEMENTS = %i[index value value_at value_int key].freeze

      class << self
        # A node in words: "Registry (module)", "Hash of 2", "proc app/bus.rb:9", "Session".
        def node(node)
          short(BY_TYPE.fetch(node.type, OTHER).call(node))
        end

        # A node in words with its address: "Session 0x7f10a2b3c4d8".
        def title(node)
          node.address ? "#{node(node)} #{node}" : node(node)
        end

        # A thread or fiber in words that are the same in all dumps.
        def stack(node)
          short(StackWords.same(node) || node(node))
        end

        # An edge in words: "@user", "[3]", "constant CACHE", "captured payload". Of an edge out of
        # a frame this is only the variable; see #frame_of for the frame.
        def edge(edge)
          short(EdgeWords.of(edge))
        end

        # The same for an edge whose ends are known: of a call cache it also names the place of the
        # call and the method, "call cache of app.rb:12, method go".
        def edge_between(holder, edge, node)
          short(Caches.edge(holder, node) || EdgeWords.of(edge))
        end

        # A cache of the VM as the holder of something: "the call cache of app.rb:12 (go)"; nil for
        # other nodes.
        def cache(holder, node)
          short(Caches.holder(holder, node)) if Caches::WORDS.key?(node.kind)
        end

        # The holder of an object and the name of the edge, without an address: "Session#@state",
        # "Hash [:id]", "code app/bus.rb:9". With <tt>exact: false</tt> every element is "[…]",
        # whatever its key is, and all code is "code", so that equal holders have equal words.
        def owner(node, edge, exact: true)
          name = !exact && ELEMENTS.include?(edge.kind) ? "[…]" : edge(edge)
          who = node.name || node.class_name || nameless(node, exact)
          short(case edge.kind
                when :ivar then [who, EdgeWords.sign(edge, node), name].join
                when :reference then who
                else "#{who} #{name}"
                end)
        end

        # The frame to which an edge belongs: "Shop#visit app.rb:59"; nil for an edge that belongs
        # to no frame. Older Rubies do not give the class of a method in the label; then the class
        # of the frame's self stands in its place.
        def frame_of(edge, holder = nil)
          return unless edge.frame

          short(Frames.short(edge.frame, holder))
        end

        # A frame, "label file:line", with the path of its file shortened.
        def frame(frame)
          short(Frames.short(frame))
        end

        # A frame, "label file:line", without the number of the line, because that differs from dump
        # to dump.
        def frame_label(frame)
          Frames.short(frame).sub(/:\d+\z/, "")
        end

        # The place of a frame, "/srv/app.rb:59"; nil for a frame of code in C.
        def frame_place(frame)
          Frames.place(frame)
        end

        # A value from the line of a node in words: for a reference ("0x…") the object that it leads
        # to, for symbols and numbers what Ruby would show.
        def value(node, value)
          case value
          when nil then "nil"
          when /\A0x\h+\z/ then (object = node.related(value)) ? title(object) : value
          when String then short(value)
          else value.to_s
          end
        end

        # The content of a STRING, SYMBOL or REGEXP line in quotes; nil if the dump does not have
        # the content.
        def text(line, columns = SHOWN)
          value = content(line) or return
          quoted = Text.quote(value, columns)
          line["truncated"] ? "#{quoted}…" : quoted
        end

        # The same with the length of a text that is cut, because many begin in the same way:
        # "\"0123456789…\" of 200,000 bytes".
        def text_with_length(line)
          text = text(line) or return
          return text if text == "\"#{Text.safe(content(line))}\""

          size = line["bytesize"]
          size.is_a?(Integer) ? "#{text} of #{Terminal::Units.plural(size, "byte")}" : text
        end

        # The place of code, "app/bus.rb:9"; nil if the line does not name it. There is no line 0:
        # code of a whole file is "app/bus.rb".
        def place(line)
          file, number = line.values_at("file", "line")
          return unless file.is_a?(String)

          [Places.short(file), *(number if number.is_a?(Integer) && !number.zero?)].join(":")
        end

        # The place where a constant of a module is assigned; nil for an edge that is no constant,
        # and if the place is unknown.
        def constant_place(holder, edge)
          return unless edge.kind == :constant

          place = holder.field("constant_locations", Hash)&.[](edge.name)
          place.is_a?(String) && Places.file(place) ? short(Places.short(place)) : nil
        end

        # Shortens a text of the heap to the length that a name may have on the screen.
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

        # The value of a line, nil if the dump does not have it.
        def content(line)
          return line["value"] if line["value"].is_a?(String)

          line["value_base64"].unpack1("m") if line["value_base64"].is_a?(String)
        end

        def sized(what, number)
          number ? "#{what} of #{Terminal::Units.count(number)}" : what
        end

        def string(node)
          line = node.brief
          name = node.class_name || "hidden String"
          text = text_with_length(line)
          return "#{name} #{text}" if text

          size = node.field("bytesize", Integer)
          size ? "#{name} of #{Terminal::Units.bytes(size)}" : name
        end

        def module_words(node)
          word = node.type.downcase
          return "singleton #{attached(node)}" if node.flag?(:singleton)

          return "anonymous #{word}" unless node.name

          former = ", no longer the constant #{node.name}" if node.former?
          "#{node.name} (#{word}#{former})"
        end

        # The object to which a singleton class belongs. If that object is a class itself, this
        # names the class and goes no further.
        def attached(node)
          object = node.related(node.brief["attached"])
          return "class" unless object
          return "class of #{object.name}" if object.name

          "class of #{Text.with_article(object.class_name || object.type)}"
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

        # The class comes first, because a FILE may also be a socket or a pipe.
        def file(node)
          [node.class_name || "IO", node.field("path")].compact.join(" ")
        end

        # The code whose variables these are, by its iseq.
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
        "global_variables" => "global variables", "global_tbl" => "global variables",
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
        "VM/thread" => StackWords.method(:thread),
        "fiber" => StackWords.method(:fiber),
        "ObjectTracing/allocation_info_tracer" => ->(_) { "table of traced allocations" }
      }.freeze

      IMEMO_WORDS = {
        "env" => method(:variables),
        "iseq" => ->(node) { code(node, "code") },
        "ment" => method(:method_entry),
        "fields" => ->(_) { "fields" },
        **Caches::WORDS.transform_values { |word| ->(_) { "#{word} (VM)" } }
      }.freeze
    end
  end
end
