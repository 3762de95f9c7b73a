# frozen_string_literal: true

require_relative "strike"

module HeapDump
  class Watch
    # What the engine asks a rule, and tells it. A rule has a name and #strike; of the rest it has
    # what concerns it. All of it is called by the thread of the watch, but #forget, in a forked
    # child.
    class Rule # :nodoc:
      # What people know it as.
      def to_s
        "the rule #{name}"
      end

      # Forgets everything but its options: a forked process begins with nothing. Returns self.
      def reset
        self
      end

      # Where one can ask (Asking::Address); nil if that is not what it is for.
      def address; end

      # Whether it calls code of the application, which has to be quick.
      def timed?
        false
      end

      # Before the first look in this process.
      def begin_life(_names, _options, _voice); end

      # The Strike that it makes of +facts+ (Facts), the state of the process; nil if it makes none.
      def strike(_facts)
        raise NotImplementedError, "#{self.class} makes no strikes"
      end

      # Why it cannot work here (String), nil if it can.
      def useless(_facts); end

      # Whether it needs not be told of the first look after the process has settled.
      def settled?
        true
      end

      def settled(_facts); end

      # Whether something may ring for it, so that it has #bell and #silence.
      def rings?
        false
      end

      # Something that becomes readable when this rule wants to be looked at; nil if nothing does.
      def bell; end

      # It is looked at.
      def silence; end

      # Seconds until it should be looked at again (Numeric); nil if it makes no haste.
      def haste; end

      # Whether the kernel can tell this rule when to look.
      def waits_for_events?
        false
      end

      # Whether a dump at the end of the process would be about what it has found.
      def struck?
        false
      end

      # How many series of dumps such a dump leaves in the budget, as Strike#modest.
      def modest(_facts)
        0
      end

      # This process is not to dump now.
      def unwanted; end

      # What becomes of its Strike: a dump is begun, or refused for a reason (String), which may be
      # a dry run; it has failed (String), or is there (Result).
      def begun; end

      def refused(_words); end

      def failed(_words); end

      def taken(_result); end

      # There is a dump, or would be one if this were no dry run; +facts+ are those of the strike.
      def spent(_strike, _facts); end

      # Another process of the server makes the dump, and not this one.
      def elsewhere(_strike, _facts); end

      # The process or the watch ends, or this rule does.
      def close; end

      # In a forked child.
      def forget; end
    end
  end
end
