# frozen_string_literal: true

module HeapDump
  module Html
    # A part of a report, with a title of its own. A subclass has a template, and lists of at most
    # #limit rows in it, what is left out summed up below them.
    #
    #   class Threads < Section
    #     title "Threads"
    #     limit 50, "threads"
    #     template "threads"
    #   end
    class Section
      include Terminal::Units

      Describe = Snapshot::Describe

      class << self
        def title(text = nil)
          text ? @title = text : @title
        end

        # How many rows there are at most, and what they are. One without lists has no limit.
        def limit(number = nil, unit = nil)
          @unit = unit if unit
          number ? @limit = number : @limit
        end

        attr_reader :unit

        def template(name)
          Template.define(self, :body, name)
        end

        # The name of the section in addresses: "threads".
        def id
          name.split("::").last.downcase
        end
      end

      Template.define(self, :whole, "section")

      attr_reader :subject, :limit

      def initialize(subject)
        @subject = subject
        @limit = self.class.limit
      end

      def id
        self.class.id
      end

      def title
        self.class.title
      end

      # Whether there is anything to say.
      def shown?
        true
      end

      def markup
        @markup ||= whole
      end

      # Halves the limit, so that the page becomes smaller. Returns nil if it is 0 already.
      def shorten
        return if limit.nil? || limit.zero?

        @limit /= 2
        @markup = nil
        self
      end

      # Says that lists are shorter than they would be in a page of any size; nil if they are not.
      def shortened
        return if limit == self.class.limit

        most = self.class.limit
        "#{self.class.title}: #{count(limit)} #{self.class.unit} instead of #{count(most)}"
      end

      private

      def snapshot
        subject.snapshot
      end

      # A table; the block fills it. See Table.
      def table(caption, *columns)
        table = Table.new(caption, columns)
        yield table
        table.markup
      end

      # A share of all live objects' bytes.
      def share(size)
        percent(size, subject.live_bytes)
      end

      def code(text)
        Markup.new("<code>#{Markup.of(text)}</code>")
      end

      def command(*words)
        code(subject.command(*words))
      end

      # The label of a class, or words for what has none: "captured variables (VM)", "hidden Array".
      def class_words(label)
        case label
        when /\A\(IMEMO (?:\w+: )?(.+)\)\z/ then "#{Regexp.last_match[1].tr("_", " ")} (VM)"
        when /\A\(([A-Z]+)\)\z/ then "hidden #{Regexp.last_match[1].capitalize}"
        else Markup.name(label)
        end
      end

      # A share in words, and as a bar.
      def bar(part, whole)
        Bar.new(part, whole).markup
      end

      # A size in each dump: "1.0 KiB → 2.0 KiB". Of many dumps the middle is left out.
      def series(numbers)
        words = numbers.map { |number| block_given? ? yield(number) : count(number) }
        words = [*words.first(STEPS), "…", *words.last(STEPS)] if words.size > 2 * STEPS
        words.join(" → ")
      end
      STEPS = 3 # of a long series at each of its ends
      private_constant :STEPS
    end
  end
end
