# frozen_string_literal: true

module HeapDump
  module Testing
    # What may grow, each with the reason: classes, what holds it, or signatures. Frozen.
    #
    #   ignored = Ignored.new(Shop::EventBus => "its subscribers live on", "@cache" => "…")
    #   ignored.reason_for(grown) # => "its subscribers live on"
    #
    # A class or module stands for its objects, and for all that is held on a path through it or
    # through one of its objects. Text is the name of such a class, of a constant
    # ("Shop::EventBus::SUBSCRIBERS"), of a global variable ("$log"), or a signature.
    class Ignored
      # What frameworks keep in tests, where the program would not.
      FRAMEWORKS = {
        "RSpec::Mocks" => "RSpec keeps doubles until the example ends",
        "Mail::TestMailer" => "mails are kept for assertions",
        "ActiveJob::QueueAdapters::TestAdapter" => "jobs are kept for assertions",
        "ActiveRecord::ConnectionAdapters::RealTransaction" =>
          "the transaction around a test keeps its records",
        "ActiveRecord::ConnectionAdapters::SavepointTransaction" =>
          "the transaction around a test keeps its records"
      }.freeze

      # The name of a class or module, or a text as it is. Raises ArgumentError for anything else.
      def self.name(thing) # :nodoc:
        name = thing.is_a?(Module) ? thing.name : thing
        return name.to_s if (name.is_a?(String) || name.is_a?(Symbol)) && !name.empty?

        raise ArgumentError, "a class or module with a name, or a name, not #{thing.inspect}"
      end

      # +things+ is a Hash of Module or String to String, the reason. Raises ArgumentError for
      # anything else, and without a reason.
      def initialize(things = {})
        raise ArgumentError, shape(things) unless things.is_a?(Hash)

        @reasons = things.to_h do |thing, reason|
          [Ignored.name(thing), reason(thing, reason)]
        end.freeze
        freeze
      end

      # An Ignored with these things as well.
      #
      #   ignored.and("$log" => "it is cut at midnight")
      def and(things)
        more = things.is_a?(Ignored) ? things : Ignored.new(things)
        Ignored.new(@reasons.merge(more.reasons))
      end

      # Why growth (Grown) is ignored (String); nil if it is not.
      #
      #   ignored.reason_for(grown) # => nil
      def reason_for(grown)
        @reasons.each { |name, reason| return reason if grown.concerns?(name) }
        nil
      end

      protected

      attr_reader :reasons

      private

      def shape(things)
        "say why it is ignored: { Shop::EventBus => \"its subscribers live on\" }, " \
          "not #{things.inspect}"
      end

      def reason(thing, reason)
        return reason if reason.is_a?(String) && reason.match?(/\S/)

        raise ArgumentError, "say why #{thing.inspect} is ignored"
      end
    end
  end
end
