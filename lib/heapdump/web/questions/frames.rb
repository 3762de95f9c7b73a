# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The frames of a thread or fiber, the innermost first, with their variables.
      class Frames < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        page limit: 20

        LOCALS = 4000 # of all frames of an answer
        EACH = 200 # of one frame
        private_constant :LOCALS, :EACH

        def answer
          frames = (object.field("frames", Array) || []).grep(Hash)
          @left = LOCALS
          shown = frames.drop(given[:offset]).first(given[:limit])
          list(shown.map { |frame| item(frame) }, frames.size)
        end

        private

        def item(frame)
          locals = frame["locals"].is_a?(Hash) ? frame["locals"] : {}
          told = locals.first([EACH, @left].min)
          @left -= told.size
          { words: facts.frame(frame), file: frame["file"], line: frame["line"],
            self: frame["self"] && value("self", frame["self"]),
            locals: told.map { |name, value| value(name, value) },
            more_locals: locals.size - told.size }
        end

        # A variable: its object, or its value in words.
        def value(name, value)
          node = object.related(value)
          return { name: Terminal::Text.safe(name), **facts.object(node) } if node

          { name: Terminal::Text.safe(name), words: Snapshot::Describe.value(object, value) }
        end
      end
    end
  end
end
