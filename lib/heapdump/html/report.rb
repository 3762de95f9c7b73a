# frozen_string_literal: true

require_relative "../leaks"

module HeapDump
  module Html
    # One page about one dump, or about several of one process.
    #
    #   Html::Report.new([snapshot.redacted]).to_s
    #
    # However large the heap is and however long its names are, the page has MOST bytes at most:
    # where it would have more, the section that is largest gets shorter lists.
    class Report
      MOST = 1 << 20 # bytes

      # In the order of the page.
      SECTIONS = %i[
        Leaking Largest Account Lines OverTime Growth Picture Holders Classes Code Allocations
        Strings Procs Threads Pages
      ].freeze
      private_constant :SECTIONS

      # The page is larger than it may be, and has nothing more to leave out.
      class TooLarge < Error; end

      # +snapshots+ are those that the page may show all of (see Snapshot#redacted).
      def initialize(snapshots, most: MOST)
        @subject = Subject.new(snapshots)
        @most = most
      end

      # The page (String).
      def to_s
        @to_s ||= fitting
      end

      # What the page is about (Subject).
      attr_reader :subject

      private

      def head
        @head ||= Head.new(subject)
      end

      def sections
        @sections ||= SECTIONS.map { |name| Html.const_get(name).new(subject) }.select(&:shown?)
      end

      def picture
        sections.find { |section| section.is_a?(Picture) }
      end

      def fitting
        page = whole
        while page.bytesize > @most
          shorten or raise TooLarge, "the report has #{page.bytesize} bytes, more than #{@most}"
          page = whole
        end
        page
      end

      def whole
        Page.new(head, sections, picture.data, parts.filter_map(&:shortened)).whole
      end

      def parts
        [head, *sections]
      end

      # Shortens the lists that have most bytes of those that can be shorter; nil if none can.
      def shorten
        parts.sort_by { |part| -size(part) }.find(&:shorten)
      end

      def size(part)
        part.markup.bytesize + (part.equal?(picture) ? Page.json(part.data).bytesize : 0)
      end
    end
  end
end
