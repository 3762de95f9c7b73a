# frozen_string_literal: true

module HeapDump
  class Leaks
    # Words for what a program has given to the VM to hold: the block of a thread, a handler of a
    # signal, an object that a C extension has pinned.
    module Given # :nodoc:
      ROOTS = {
        "end_proc" => "at_exit", "finalizers" => "a finalizer (ObjectSpace.define_finalizer)",
        "global_list" => "a C extension", "global_tbl" => "a global variable"
      }.freeze
      OF_VM = {
        "pinned" => "a C extension (rb_gc_register_mark_object)", "load_path" => "$LOAD_PATH",
        "loaded_features" => "$LOADED_FEATURES", "top_self" => "main"
      }.freeze
      OF_THREAD = {
        "thread_value" => "value", "exception" => "exception", "block" => "block",
        "args" => "arguments", "pending_interrupts" => "pending interrupts",
        "interrupt_masks" => "interrupt mask"
      }.freeze
      private_constant :ROOTS, :OF_VM, :OF_THREAD

      class << self
        # What a root (a Node) holds without a name, in words; +held+ is the Node at the end of the
        # path.
        def by_root(root, held)
          return ROOTS[root.kind] if ROOTS[root.kind]
          return "the list of living threads" if held.kind == "VM/thread"
          return "the symbol table" if held.type == "SYMBOL"

          vm(root)
        end

        # The VM as a holder in words, by the root at which the path begins.
        def vm(root)
          "the VM (#{root.kind || "no root"})"
        end

        # In words, how a Node holds another (+to+) by an Edge that is a field; nil if this says
        # nothing. +key+ is the variable if the field is the storage of a fiber, as "[:log]".
        #
        #   Given.words(edge, root, handler, nil)     # => "handler of SIGUSR1"
        #   Given.words(edge, thread, hash, "[:log]") # => "fiber storage :log (Fiber[:log]) of …"
        def words(edge, from, to, key)
          return (by_vm(edge.name) unless hidden_list?(to)) if vm?(from)

          case from.kind
          when "tracepoint" then "block of a trace point"
          when "VM/thread", "fiber", "ractor" then by_thread(edge.name, Describe.node(from), key)
          end
        end

        # A fiber-local variable also as code writes it: "fiber-local a (Thread.current[:a]) of …"
        def fiber_local(name, who)
          symbol = name.match?(/\A[[:alpha:]_]\w*[?!]?\z/) ? name : name.inspect
          written = " (Thread.current[:#{symbol}])" if name.size <= WRITTEN
          "fiber-local #{name}#{written} of #{who}"
        end

        private

        # A root, or a list of what C code has pinned.
        def vm?(node)
          node.root? || node.kind == "VM/pin_array_list"
        end

        # The VM registers lists of its own like a C extension: the symbols, for example.
        def hidden_list?(node)
          %w[ARRAY HASH].include?(node.type) && node.class_name.nil?
        end

        def by_vm(field)
          case field
          when /\Ahandler of / then field
          when /\Avariable of C: (?<name>.*)/m
            "a C extension (rb_gc_register_address: #{Regexp.last_match[:name]})"
          else OF_VM[field]
          end
        end

        def by_thread(field, who, key)
          case field
          when "fiber_storage" then [*storage(key), "of #{who}"].join(" ")
          when /\Aractor-local / then "#{field} of #{who}"
          else OF_THREAD[field]&.then { |words| "#{words} of #{who}" }
          end
        end

        # "fiber storage :log (Fiber[:log])": a key that is a symbol as code writes it, too.
        def storage(key)
          written = "(Fiber#{key})" if key&.start_with?("[:")
          ["fiber storage", key&.delete_prefix("[")&.delete_suffix("]"), written].compact
        end
      end

      WRITTEN = 60 # characters of a name that is shown a second time
      Describe = Snapshot::Describe
      private_constant :WRITTEN, :Describe
    end
    private_constant :Given
  end
end
