# frozen_string_literal: true

module HeapDump
  module Outside
    # Whether this user may read the memory of a process and stop it, and if not, what is missing.
    # The kernel applies the same rules to both.
    class Permission
      # The number of the capability that is needed for a process of another user.
      SYS_PTRACE = 19

      # +own+ is /proc as this command sees it.
      def initialize(target, own: "/proc")
        @target = target
        @own = own
      end

      # Returns a message, and whether this user may do it.
      def check
        return ["it has ended", false] unless (first = @target.mappings.first)

        @target.memory(first.from, 1)
        ["this user may look into it", true]
      rescue SystemCallError => e
        [reason_for(e), false]
      end

      # Why this user may not even read what /proc says of its memory.
      def reason_for_reading(error)
        return "this user may not look at it; run this as root" unless root?

        may_trace? ? forbidden(error) : LACKING
      end

      # Why this user may not send it a signal.
      def reason_for_signal
        return "it belongs to user #{@target.user}; run this as that user or as root" unless root?

        "root lacks the capability KILL here; give it to the container (docker run --cap-add KILL)"
      end

      LACKING = "root lacks the capability SYS_PTRACE here; give it to the container " \
                "(docker run --cap-add SYS_PTRACE; in Kubernetes securityContext.capabilities.add)"
      private_constant :LACKING

      private

      def root?
        Process.euid.zero?
      end

      def reason_for(error)
        unless [0, @target.uid].include?(Process.euid)
          return "it belongs to user #{@target.user}; run this as that user or as root"
        end

        scope = yama_scope
        if scope == 3
          "this machine forbids looking into processes until it is rebooted " \
            "(kernel.yama.ptrace_scope is 3)"
        elsif root? && !may_trace?
          LACKING
        elsif scope.positive? && !may_trace?
          "this machine lets only root do it (kernel.yama.ptrace_scope is #{scope}); " \
            "run this as root"
        else
          forbidden(error)
        end
      end

      def forbidden(error)
        reason = SystemCallError.new(nil, error.errno).message
        user = root? ? "" : "a process that has changed its user needs root, and "
        "the system forbids it (#{reason}); #{user}a container must be allowed ptrace " \
          "(by its seccomp or AppArmor profile)"
      end

      def yama_scope
        File.read(File.join(@own, "sys/kernel/yama/ptrace_scope")).to_i
      rescue SystemCallError
        0
      end

      def may_trace?
        capabilities = File.read(File.join(@own, "self/status"))[/^CapEff:\s*(\h+)/, 1]
        capabilities.to_s.hex[SYS_PTRACE] == 1
      end
    end
  end
end
