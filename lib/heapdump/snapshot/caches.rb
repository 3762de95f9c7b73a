# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The caches of code in words. A call cache belongs to a call of a method: "call cache of
    # app.rb:12, method go".
    module Caches # :nodoc:
      WORDS = { "callcache" => "call cache", "callinfo" => "call info",
                "constcache" => "constant cache" }.freeze

      class << self
        # The words for the edge from code, or from a class, to one of these; nil for other edges.
        def edge(holder, node)
          word = WORDS[node.kind] or return
          place = place(holder, node)
          method = method_of(node)
          ["#{word}#{" of #{place}" if place}", ("method #{method}" if method)].compact.join(", ")
        end

        # The same shorter, as a holder: "the call cache of app.rb:12 (go)".
        def holder(holder, node)
          place = place(holder, node)
          method = method_of(node)
          "the #{WORDS.fetch(node.kind)}#{" of #{place}" if place}#{" (#{method})" if method}"
        end

        # The cache out of which the edge to a step leads, in words, and the place of the call as
        # "file:line", nil if that is not known: ["call cache of app.rb:12 (go)", "/srv/app.rb:12"].
        # Nil if the edge leads out of no cache. +steps+ are those of a Path or of Leaks::Way, each
        # with a node, and +at+ is an index.
        def name(steps, at)
          cache = at.positive? ? steps[at - 1].node : nil
          return unless cache && WORDS.key?(cache.kind)

          owner = at > 1 ? steps[at - 2].node : nil
          return [WORDS[cache.kind], nil] unless owner

          file, line = owner.brief.values_at("file", "line")
          line = line_of(owner, cache) || line if owner.kind == "iseq"
          [holder(owner, cache).delete_prefix("the "), Places.of(file, line)]
        end

        # The method that is called; nil if it is not known.
        def method_of(node)
          line = node.brief
          name = line["method"] || node.related(line["entry"])&.brief&.[]("method")
          name.is_a?(String) ? name : nil
        end

        private

        # Where the call is written, or where its code begins; for a class its name.
        def place(holder, node)
          return Describe.node(holder) unless holder.kind == "iseq"

          line = holder.brief
          number = line_of(holder, node) || line["line"]
          Describe.place(line.merge("line" => number))
        end

        # In the list of the call caches, the number of a line stands before its caches.
        def line_of(holder, node)
          number = nil
          list = holder.line["call_caches"]
          return unless list.is_a?(Array)

          list.each do |item|
            if item.is_a?(Integer) then number = item
            elsif item == node.to_s then return number
            end
          end
          nil
        end
      end
    end
  end
end
