# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The class of objects in words, as rows of a Histogram and groups of references show it.
    module ClassWords # :nodoc:
      # Kinds of objects without a class, which the VM makes for itself, in words.
      INTERNAL = { # :nodoc:
        "iseq" => "code", "ment" => "methods", "env" => "captured variables",
        "cref" => "scopes of code", "callcache" => "inline caches", "callinfo" => "calls in code",
        "constcache" => "inline caches of constants", "fields" => "instance variables",
        "tmpbuf" => "buffers", "ast" => "syntax trees",
        "ObjectTracing/allocation_info_tracer" => "table of traced allocations"
      }.freeze

      # The class of a node; a root has none, and is named itself.
      def self.of(node)
        node.root? ? Describe.node(node) : label(node.class_node, node.type, node.kind)
      end

      # The name of a class (Node), or for objects without a class (nil) their type and the VM's
      # name for their kind.
      def self.label(klass, type, kind)
        return klass.name || "(anonymous class #{klass})" if klass

        words = INTERNAL[kind]
        "(#{[type, kind].compact.join(" ")}#{": #{words}" if words})"
      end
    end
  end
end
