# frozen_string_literal: true

require_relative "../rule"

module HeapDump
  class Watch
    module Rules
      # A rule of the application: a block that gets the Facts. It strikes once each time that it
      # becomes true.
      class Own < Rule # :nodoc:
        attr_reader :name

        def initialize(name, block)
          unless name.is_a?(Symbol) || (name.is_a?(String) && !name.empty?)
            raise ArgumentError, "on.rule needs a name (Symbol), not #{name.inspect}"
          end
          raise ArgumentError, "on.rule needs a block" unless block

          super()
          @name = name.to_sym
          @block = block
          reset
        end

        def timed?
          true
        end

        def reset
          @spent = false
          self
        end

        def strike(facts)
          true_now = @block.call(facts)
          @spent = false unless true_now
          return if @spent || !true_now

          Strike.new(rule: name, words: "its block says so", source: self,
                     modest: Strike::FOR_OTHERS)
        end

        def spent(_strike, _facts)
          @spent = true
        end
      end
    end
  end
end
