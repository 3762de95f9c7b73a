# frozen_string_literal: true

require_relative "attach"
require_relative "attach_plan"
require_relative "by_tracing"
require_relative "way_back"

module HeapDump
  module Outside
    # Lets heapdump's own program call the functions (Attach).
    class ByPtrace < ByTracing
      def name
        "ptrace"
      end

      # The last one is the code that Attach needs in the process.
      def checks
        super.tap do |list|
          list.check("way back") do
            [way ? "it has the code by which a call goes back" : WayBack::MISSING, way]
          end
        end
      end

      private

      def check_itself(list)
        list.check("program") { [program || Attach::MISSING, program] }
      end

      def program
        @program ||= Attach.find
      end

      def attach
        @attach ||= Attach.new(program)
      end

      def way
        @way ||= WayBack.find(@target)
      end

      def held
        attach.held
      end

      def hand_over(call)
        plan = AttachPlan.new(call, way)
        answer = attach.run(plan.one)
        raise Attach::Cannot, because(answer.words) if answer.cannot?
        raise Error, "process #{@target.pid}: #{because(answer.words)}" if answer.failed?

        @reason = answer.words || plan.obstacle(answer.variables)
        answer.variables[AttachPlan::ADDRESS] unless @reason
      end

      # A thread that cannot be stopped, or is none of Ruby's, is left out.
      def hand_over_to_all(call, address)
        plan = AttachPlan.new(call, way)
        @target.threads.each do |id|
          attach.run(plan.for_thread(id, address))
        rescue Error
          next # the agent is in memory: another way would dump twice
        end
      end

      # The kernel gives no reason; its rules are known.
      def because(words)
        forbidden = words[/\Aptrace is forbidden/] or return words
        reason, allowed = Permission.new(@target).check
        allowed ? "#{forbidden} (by a seccomp or AppArmor profile?)" : reason
      end
    end
  end
end
