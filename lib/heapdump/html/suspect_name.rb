# frozen_string_literal: true

require_relative "../core_classes"

module HeapDump
  module Html
    # A suspect in a few words, for a title: its class, and where that is one of Ruby, what holds
    # it: "Session", "Hash in fiber-local trail".
    module SuspectName # :nodoc:
      HOLDER = 60 # characters
      # What of the name of a holder is no name: its place, what has captured it, its thread.
      REST = / (?:\(|captured by |in (?:main |dead )?(?:thread|fiber)\b).*/m
      private_constant :HOLDER, :REST

      def self.of(suspect)
        name = Markup.name(suspect.class_name)
        holder = holder(suspect) if CoreClasses.include?(suspect.class_name)
        holder ? "#{name} in #{holder}" : name
      end

      # The nearest name, keys apart; nil if there is none.
      def self.holder(suspect)
        nearest = suspect.holder.split(", ").find { |name| !name.start_with?("[", "the VM") }
        nearest && Markup.short(nearest.sub(REST, ""), HOLDER)
      end
      private_class_method :holder
    end
  end
end
