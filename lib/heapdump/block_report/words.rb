# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Names of what was counted.
    module Words # :nodoc:
      NAMELESS = "(class without a name)"
      private_constant :NAMELESS

      module_function

      def of_class(name)
        name.empty? ? NAMELESS : name
      end

      # The same as +counted+, with texts that are valid whatever the program has called its files,
      # classes and methods.
      def readable(counted)
        names = Hash.new { |all, bytes| all[bytes] = Terminal::Text.valid(bytes).freeze }
        places = counted[:places].map do |path, line, method|
          [names[path], line, method && names[method]].freeze
        end
        classes = counted[:classes].transform_values do |name, internal|
          [names[name], internal].freeze
        end
        counted.merge(places: places.freeze, classes: classes.freeze)
      end

      # [path, line, method] of a site: a place; or of a stack that of its innermost frame of Ruby,
      # as methods in C are in no file.
      def place(counted, site)
        places, stacks = counted.values_at(:places, :stacks)
        return places.fetch(site) unless stacks

        below, top = stacks.fetch(site)
        place = top
        below, place = stacks.fetch(below) while below && places.fetch(place).first.empty?
        found = places.fetch(place)
        found.first.empty? ? places.fetch(top) : found
      end

      # "app.rb:12"; "(no file)" for what was made without code of Ruby, as by a thread that ends.
      def location(path, line)
        path.empty? ? "(no file)" : "#{path}:#{line}"
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
