# frozen_string_literal: true

require "rbconfig"

module HeapDump
  module Outside
    # Where a process has the code by which a thread goes back to where it was (ext/attach/cpu.h):
    # a call of rt_sigreturn, and, on x86-64, code that stores a function's result before that.
    # Nearly every function that stores a value through its argument ends with the latter, so each
    # library has it.
    class WayBack
      CODE = {
        # mov $15, %rax; syscall        mov %rax, (%rbx); pop %rbx; ret
        "x86_64" => %w[48c7c00f0000000f05 4889035bc3],
        # mov x8, #139; svc #0
        "aarch64" => ["681180d2010000d4", nil]
      }.freeze
      MISSING = "it has no code by which a call could go back"
      # These stay where they are, while other libraries may be unloaded.
      LASTING = %r{\A\[vdso\]\z|/(?:libc[.-]|ld-)[^/]*\z|ruby[^/]*\z}n
      private_constant :CODE, :LASTING

      # The addresses; +saver+ is 0 where the processor needs none.
      attr_reader :restorer, :saver

      # Finds them; nil if the process does not have both, or on another processor.
      def self.find(target)
        patterns = CODE[RbConfig::CONFIG.fetch("host_cpu")] or return
        codes = target.mappings.select { |one| lasting?(one) }
        addresses = patterns.map do |digits|
          digits ? first(target, codes, [digits].pack("H*")) : 0
        end
        new(*addresses) if addresses.all?
      end

      def self.lasting?(mapping)
        mapping.permissions.include?("x") && LASTING.match?(mapping.path.b)
      end

      def self.first(target, codes, pattern)
        codes.each do |one|
          place = target.memory(one.from, one.to - one.from).b.index(pattern)
          return one.from + place if place
        rescue Errno::EIO
          next # the file has become shorter than its mapping
        end
        nil
      end
      private_class_method :lasting?, :first

      def initialize(restorer, saver)
        @restorer = restorer
        @saver = saver
      end
    end
  end
end
