# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Names of what was counted.
    module Words # :nodoc:
      NAMELESS = "(class without a name)"
      private_constant :NAMELESS

      module_function

      def of_class(name)
        name.empty? ? NAMELESS : Terminal::Text.valid(name)
      end

      # [path, line, method] of a site: a place, or the place on top of a stack.
      def place(counted, site)
        site = counted[:stacks][site].last if counted[:stacks]
        counted[:places].fetch(site)
      end

      # "app.rb:12"; "(no file)" for what was made without code of Ruby, as by a thread that ends.
      def location(path, line)
        path.empty? ? "(no file)" : "#{Terminal::Text.valid(path)}:#{line}"
      end

      # The middle one of some numbers, an Integer.
      def median(numbers)
        sorted = numbers.sort
        (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2
      end
    end
    private_constant :Words
  end
end
