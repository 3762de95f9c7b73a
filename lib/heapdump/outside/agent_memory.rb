# frozen_string_literal: true

module HeapDump
  module Outside
    # The memory that is put into a process: the addresses of MRI's functions, machine code that
    # evaluates a text with them, and the text, which is the agent's. The machine code is two
    # functions of one argument, the address of this memory. The first one calls the second by
    # rb_protect; in C that would be
    #
    #   VALUE binding = rb_const_get(rb_path2class("Object"), rb_intern("TOPLEVEL_BINDING"));
    #   VALUE arguments[] = {rb_utf8_str_new_cstr(text), rb_utf8_str_new_cstr("heapdump")};
    #   rb_funcallv(binding, rb_intern("eval"), 2, arguments);
    #
    # MRI has no such function itself. Its rb_eval_string evaluates in the frame that happens to be
    # the last one of Ruby code. From Ruby 3.3 on that may be one that MRI makes while it reads a
    # file, which has no code; rb_eval_string takes it for a parent and crashes.
    #
    # An exception must not leave it: MRI catches those of jobs, but then leaves the frame of `eval`
    # where it is, and aborts the process as soon as it finds that. rb_protect removes frames.
    #
    # All that it needs of MRI are functions. A variable, as rb_cObject, may be elsewhere than
    # libruby says: a program that is linked with libruby has a copy if it uses the variable.
    class AgentMemory
      # What the machine code finds at the beginning: words with these addresses, then names.
      WORDS = %w[rb_path2class rb_intern rb_const_get rb_utf8_str_new_cstr rb_funcallv
                 rb_protect].freeze
      NAMES = { 0x30 => "TOPLEVEL_BINDING", 0x48 => "eval", 0x50 => "heapdump",
                0x60 => "Object" }.freeze
      CODE = 0x70
      TEXT = 0x160
      WORD = 8
      # Where earlier code is looked for: at the beginning of pages, and of each mapping only among
      # so many at both ends.
      PAGE = 4096
      PAGES = 256
      private_constant :PAGE, :PAGES

      # Bytes, and the instruction that they are.
      INSTRUCTIONS = {
        "x86_64" => <<~CODE,
          f30f1efa         endbr64
          4883ec08         sub $0x8, %rsp
          4889fe           mov %rdi, %rsi
          488b4728         mov 0x28(%rdi), %rax
          488d3d0a000000   lea 0xa(%rip), %rdi
          4889e2           mov %rsp, %rdx
          ffd0             call *%rax
          4883c408         add $0x8, %rsp
          c3               ret
          f30f1efa         endbr64
          53               push %rbx
          4154             push %r12
          4883ec18         sub $0x18, %rsp
          4889fb           mov %rdi, %rbx
          488d7b60         lea 0x60(%rbx), %rdi
          ff13             call *(%rbx)
          4989c4           mov %rax, %r12
          488d7b30         lea 0x30(%rbx), %rdi
          ff5308           call *0x8(%rbx)
          4c89e7           mov %r12, %rdi
          4889c6           mov %rax, %rsi
          ff5310           call *0x10(%rbx)
          4989c4           mov %rax, %r12
          488dbb60010000   lea 0x160(%rbx), %rdi
          ff5318           call *0x18(%rbx)
          48890424         mov %rax, (%rsp)
          488d7b50         lea 0x50(%rbx), %rdi
          ff5318           call *0x18(%rbx)
          4889442408       mov %rax, 0x8(%rsp)
          488d7b48         lea 0x48(%rbx), %rdi
          ff5308           call *0x8(%rbx)
          4c89e7           mov %r12, %rdi
          4889c6           mov %rax, %rsi
          ba02000000       mov $0x2, %edx
          4889e1           mov %rsp, %rcx
          ff5320           call *0x20(%rbx)
          4883c418         add $0x18, %rsp
          415c             pop %r12
          5b               pop %rbx
          c3               ret
        CODE
        "aarch64" => <<~CODE
          5f2403d5         bti c
          fd7bbea9         stp x29, x30, [sp, #-32]!
          fd030091         mov x29, sp
          e10300aa         mov x1, x0
          081440f9         ldr x8, [x0, #0x28]
          a0000010         adr x0, . + 20
          e2430091         add x2, sp, #16
          00013fd6         blr x8
          fd7bc2a8         ldp x29, x30, [sp], #32
          c0035fd6         ret
          5f2403d5         bti c
          fd7bbda9         stp x29, x30, [sp, #-48]!
          fd030091         mov x29, sp
          f35301a9         stp x19, x20, [sp, #16]
          f30300aa         mov x19, x0
          60820191         add x0, x19, #0x60
          680240f9         ldr x8, [x19]
          00013fd6         blr x8
          f40300aa         mov x20, x0
          60c20091         add x0, x19, #0x30
          680640f9         ldr x8, [x19, #0x8]
          00013fd6         blr x8
          e10300aa         mov x1, x0
          e00314aa         mov x0, x20
          680a40f9         ldr x8, [x19, #0x10]
          00013fd6         blr x8
          f40300aa         mov x20, x0
          60820591         add x0, x19, #0x160
          680e40f9         ldr x8, [x19, #0x18]
          00013fd6         blr x8
          e01300f9         str x0, [sp, #32]
          60420191         add x0, x19, #0x50
          680e40f9         ldr x8, [x19, #0x18]
          00013fd6         blr x8
          e01700f9         str x0, [sp, #40]
          60220191         add x0, x19, #0x48
          680640f9         ldr x8, [x19, #0x8]
          00013fd6         blr x8
          e10300aa         mov x1, x0
          e00314aa         mov x0, x20
          42008052         mov w2, #2
          e3830091         add x3, sp, #32
          681240f9         ldr x8, [x19, #0x20]
          00013fd6         blr x8
          f35341a9         ldp x19, x20, [sp, #16]
          fd7bc3a8         ldp x29, x30, [sp], #48
          c0035fd6         ret
        CODE
      }.freeze

      # The machine code for a platform (RUBY_PLATFORM), nil if there is none.
      def self.machine_code(platform)
        listing = INSTRUCTIONS[platform[/\A[^-]+/]] or return
        [listing.lines.map { |line| line[/\A\h+/] }.join].pack("H*")
      end

      # The address of the same machine code, if an earlier agent has left it in a process (Target);
      # else nil. It can be used with any memory, because it is told its address.
      def self.code_in(target, platform)
        code = machine_code(platform)
        target.mappings.each do |mapping|
          next unless mapping.permissions == "r-xp" && mapping.path.empty?

          pages = (mapping.from...mapping.to).step(PAGE).to_a
          (pages.first(PAGES) | pages.last(PAGES)).each do |page|
            return page + CODE if bytes_of(target, page + CODE, code.bytesize) == code
          end
        end
        nil
      end

      def self.bytes_of(target, address, size)
        target.memory(address, size)
      rescue SystemCallError
        nil # it has just been unmapped
      end
      private_class_method :bytes_of

      # What is needed of a Ruby (RubyImage) and is not there, in words; nil if all is there.
      def self.missing(image)
        absent = WORDS.find { |name| !image.symbol(name) }
        return "its Ruby does not export #{absent}" if absent

        "there is no machine code for #{image.platform}" unless machine_code(image.platform)
      end

      # All of it, in whole words.
      attr_reader :bytes

      # +text+ is Ruby code in UTF-8 without a NUL.
      def initialize(image, text)
        raise ArgumentError, "a NUL in the text" if text.include?("\0")

        @bytes = WORDS.map { |name| image.symbol(name) }.pack("Q<*")
        NAMES.each { |offset, name| put(offset, name) }
        put(CODE, self.class.machine_code(image.platform))
        put(TEXT, "#{text.b}\0")
        @bytes << ("\0" * (-@bytes.bytesize % WORD))
      end

      private

      def put(offset, piece)
        room = offset - @bytes.bytesize
        raise ArgumentError, "no room before #{offset}" if room.negative?

        @bytes << ("\0" * room) << piece
      end
    end
  end
end
