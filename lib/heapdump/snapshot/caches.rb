# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The caches of calls and constants in words: each place in the source that calls a method
    # remembers the method that it called last, and thereby, for a method of one object, the object.
    module Caches # :nodoc:
      WORDS = { "callcache" => "call cache", "constcache" => "constant cache" }.freeze
      private_constant :WORDS

      # The cache out of which the edge to a step leads, in words, and the place of its code as
      # "file:line", nil if that is not known: ["call cache of app.rb:12 (go)", "/srv/app.rb:12"].
      # Nil if the edge leads out of no cache. +steps+ are those of a Path or of Leaks::Way, each
      # with a node, and +at+ is an index.
      def self.name(steps, at)
        cache = at.positive? ? steps[at - 1].node : nil
        word = cache&.type == "IMEMO" && WORDS[cache.kind] or return
        owner = at > 1 ? steps[at - 2].node : nil
        return [word, nil] unless owner

        file, line = owner.brief.values_at("file", "line")
        [[word, of(owner)].compact.join(" of "), line && "#{file}:#{line}"]
      end

      def self.of(owner)
        return Describe.node(owner) unless owner.kind == "iseq"

        line = owner.brief
        label = line["method"] || line["label"]
        place = Describe.place(line) or return label
        label ? "#{place} (#{Describe.short(label)})" : place
      end
      private_class_method :of
    end
  end
end
