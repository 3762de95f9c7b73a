# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Threads and fibers in words.
    module StackWords # :nodoc:
      class << self
        # The main thread is the only one. Of others the line is that at which the outermost frame
        # stands: "thread \"web\" at app.rb:8".
        def thread(node)
          return "main #{word(node)}" if main?(node)

          first = node.field("frames", Array)&.last
          place = Describe.place(first) if first.is_a?(Hash)
          [named(node) || word(node), place].compact.join(" at ")
        end

        # The first fiber of the main thread runs the main program.
        def fiber(node)
          status = node.field("status")
          word = runs_main?(node) ? "fiber of the main thread" : "fiber"
          status ? "#{word} (#{status})" : word
        end

        # The words for a thread that has a name, without its line; nil for other nodes.
        def same(node)
          named(node) if node.kind == "VM/thread" && !main?(node)
        end

        private

        def main?(node)
          node.brief["main"] == true || (!node.field("thread_name") && runs_main?(node))
        end

        def named(node)
          name = node.field("thread_name")
          "#{word(node)} #{Terminal::Text.quote(name)}" if name
        end

        def word(node)
          node.brief["status"] == "dead" ? "dead thread" : "thread"
        end

        def runs_main?(node)
          begins = node.field("frames", Array)&.last
          begins.is_a?(Hash) && begins["label"] == "<main>"
        end
      end
    end
    private_constant :StackWords
  end
end
