# frozen_string_literal: true

require "rbconfig"

module HeapDump
  module Outside
    # Where a process has the code by which a thread goes back to where it was (ext/attach/cpu.h):
    # a call of rt_sigreturn, and, on x86-64, code that stores a function's result before that.
    # Functions that store a value where an argument points end with the latter, so each C library
    # and each Ruby has it.
    class WayBack
      # As ext/attach/saver.h says.
      SAVER = /(?:\x48\x89(?:\x03|[\x43\x45].)|
                  \x49\x89(?:[\x06\x07]|[\x45-\x47].|\x04\x24|\x44\x24.))
               (?:\x31\xc0)?(?:\x48\x83\xc4[\x08\x10\x18\x20\x28\x30\x38])?
               (?:[\x5b\x5d]|\x41[\x5c-\x5f]){,8}\xc3/mnx
      CODE = {
        "x86_64" => [/\x48\xc7\xc0\x0f\0\0\0\x0f\x05/n, SAVER], # mov $15, %rax; syscall
        "aarch64" => [/\x68\x11\x80\xd2\x01\0\0\xd4/n, nil] # mov x8, #139; svc #0
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
        addresses = patterns.map { |pattern| pattern ? first(target, codes, pattern) : 0 }
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
