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
          found = numbers
          shown = found.drop(given[:offset]).first(given[:limit])
          list(shown.map { |number| item(snapshot.node(number)) }, found.size)
        end

        private

        # A class has objects of one kind alone, so its largest object shows whether they are
        # threads.
        def numbers
          rows = opened.first.histogram(:class, nil, given[:values]).rows
          classes = rows.filter_map(&:largest).select { |node| node.kind == KIND }
                        .filter_map { |node| node.class_node&.id }
          return [] if classes.empty?

          snapshot.graph.find(classes: classes.uniq, reachable: true, limit: snapshot.objects).last
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
