# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The threads, those that retain most first, with what each is doing.
      class Threads < Question
        of_dump
        page

        INNERMOST = 3 # frames that are told
        KIND = "VM/thread"
        private_constant :INNERMOST, :KIND

        def answer
          total, numbers = opened.first.list(:threads, *given.values_at(:offset, :limit)) do |*page|
            threads(*page)
          end
          list(numbers.map { |number| item(snapshot.node(number)) }, total)
        end

        private

        # How many live threads there are, and the numbers of a part of them. A class has objects
        # of one kind alone, so its largest object shows whether they are threads.
        def threads(offset, limit)
          rows = opened.first.histogram(:class, nil, given[:values]).rows
          classes = rows.filter_map(&:largest).select { |node| node.kind == KIND }
                        .filter_map { |node| node.class_node&.id }
          return [0, []] if classes.empty?

          total, _bytes, numbers = snapshot.graph.find(classes: classes.uniq, reachable: true,
                                                       offset: offset, limit: limit)
          [total, numbers]
        end

        def item(node)
          frames = (node.field("frames", Array) || []).grep(Hash)
          innermost = frames.first(INNERMOST).map { |frame| facts.frame(frame) }
          { **facts.dominator(node), thread: node.field("thread_name"),
                                     status: node.field("status"),
                                     frames: frames.size, innermost: innermost }
        end
      end
    end
  end
end
