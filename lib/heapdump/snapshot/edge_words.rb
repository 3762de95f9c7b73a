# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  class Snapshot
    # Edges in words, by their kind. Describe.edge makes these words harmless and short.
    module EdgeWords # :nodoc:
      def self.of(edge)
        BY_KIND.fetch(edge.kind).call(edge.name)
      end

      # What stands between an object and its variable. Only the VM has variables without "@".
      def self.sign(edge, holder)
        return " " unless edge.name.to_s.start_with?("@")

        holder.name ? "." : "#"
      end

      # Fields whose names in the dump are not what people call them, and those that are lists, for
      # one reference of theirs.
      FIELDS = {
        "thread_value" => "value of the thread", "trace_points" => "trace point",
        "pinned" => "pinned by C (rb_gc_register_mark_object)",
        "pinned_lists" => "list of what C has pinned",
        "pinned_list" => "list of what C has pinned", "load_path" => "$LOAD_PATH",
        "loaded_features" => "$LOADED_FEATURES", "modules" => "module defined in C",
        "literals" => "literal", "texts" => "text", "call_caches" => "call cache",
        "call_infos" => "call info", "constant_caches" => "constant cache",
        "cached_classes" => "cached class", "cached_methods" => "cached method",
        "class_variable_caches" => "class variable cache", "constant_files" => "file of a constant"
      }.freeze

      BY_KIND = {
        reference: ->(_) { "(no name)" },
        class: ->(_) { "class" },
        root: ->(_) { "root" },
        field: ->(name) { FIELDS[name] || name.to_s.gsub(/\A\w+\z/) { |word| word.tr("_", " ") } },
        ivar: ->(name) { name == "locals" ? "thread variables" : name.to_s }, # no "@": of the VM
        global: :to_s.to_proc,
        member: ->(name) { ".#{name}" },
        index: ->(number) { number ? "[#{Terminal::Units.count(number)}]" : "[…]" },
        key: ->(_) { "as a key" },
        value: ->(text) { "[#{text ? Keys.text(text) : "…"}]" },
        value_int: ->(number) { "[#{number || "…"}]" },
        value_at: ->(node) { "[#{node ? Keys.words(node) : "…"}]" },
        constant: ->(name) { "constant #{name}" },
        class_variable: :to_s.to_proc,
        method: ->(name) { "method #{name}" },
        captured: ->(name) { "captured #{name}" },
        frame: ->(name) { name.to_s.tr("_", " ") },
        frame_local: ->(name) { "local #{name}" },
        fiber_local: ->(name) { "fiber-local #{name}" },
        weak: ->(name) { ["weak", name].compact.join(" ") }
      }.freeze
      private_constant :BY_KIND, :FIELDS
    end
    private_constant :EdgeWords
  end
end
