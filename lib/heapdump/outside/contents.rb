# frozen_string_literal: true

module HeapDump
  module Outside
    # How much of the contents of strings a dump through gdb has, and what has decided it.
    module Contents
      OPTION = /\A(?:full|none|hash|\d{1,9})\z/

      # Why a dump has what it has, by the word of the agent (agent.rb).
      REASONS = {
        "option" => "--strings", "handler" => "the process's own handler",
        "watch" => "the process's HeapDump.watch",
        "environment" => "HEAPDUMP_STRINGS of the process",
        "default" => "the default of heapdump/auto, the plugin and the hooks", "nothing" => nil
      }.freeze
      private_constant :REASONS

      module_function

      # The value of the option +strings+ of HeapDump.dump; nil for a text that is none.
      def parse(text)
        return unless OPTION.match?(text)

        text.match?(/\d/) ? text.to_i : text.to_sym
      end

      # What the process has reported, as fields. It may have written anything.
      def of(strings, source)
        return {} unless REASONS.key?(source) && OPTION.match?(strings.to_s)

        { strings: strings, strings_from: source }
      end

      # A sentence for people; nil if they have asked for exactly this, or nothing is known.
      def sentence(strings, source)
        return if !strings || source == "option"

        by = REASONS.fetch(source) && " (decided by #{REASONS.fetch(source)})"
        other = strings == "full" ? "none leaves them out" : "full writes them whole"
        "#{what(strings)}#{by}; --strings #{other}."
      end

      def what(strings)
        case strings
        when "full" then "The contents of strings are in the dump"
        when "none" then "The contents of strings are left out"
        when "hash" then "The contents of strings are replaced by hashes"
        else "Only the first #{strings} bytes of each string are in the dump"
        end
      end
      private_class_method :what
    end
  end
end
