# frozen_string_literal: true

require_relative "../html"

module HeapDump
  class BlockReport
    # The page of a block: the frame, the style and the limits are those of `heapdump report`.
    class Page # :nodoc:
      MOST = 1 << 20 # bytes
      private_constant :MOST

      def initialize(report)
        @head = Html::BlockHead.new(report)
        @sections = [Html::BlockRetained, Html::BlockAllocated].map { |one| one.new(report) }
      end

      # The page (String): where it would be larger than it may be, its lists become shorter.
      def to_s
        page = whole
        while page.bytesize > MOST
          longest = @sections.sort_by { |section| -section.markup.bytesize }
          break unless longest.find(&:shorten)

          page = whole
        end
        String.new(page)
      end

      private

      def whole
        Html::Page.new(@head, @sections, {}, @sections.filter_map(&:shortened)).whole
      end
    end
    private_constant :Page
  end
end
