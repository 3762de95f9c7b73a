/*
 * Whether vector registers keep their values over a call of a function that a debugger may call.
 * The ABI does not promise that; a thread that was stopped anywhere needs it.
 */
#include <string.h>

enum { REGISTERS = 16, SIZE = 64 };

static unsigned char before[REGISTERS][SIZE] __attribute__((aligned(64)));
static unsigned char after[REGISTERS][SIZE] __attribute__((aligned(64)));

#define EACH(op)                                                                                   \
    op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) \
        op(15)

#define LOAD_YMM(n) "vmovdqa " #n "*64(%[before]), %%ymm" #n "\n\t"
#define STORE_YMM(n) "vmovdqa %%ymm" #n ", " #n "*64(%[after])\n\t"

#define CALL "xor %%edi, %%edi\n\txor %%esi, %%esi\n\txor %%eax, %%eax\n\tcall *%[function]\n\t"
#define CLOBBERED                                                                                  \
    "rax", "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1",   \
        "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
        "xmm13", "xmm14", "xmm15"

__attribute__((target("avx"))) static void
call_with_ymm(void *function) {
    // callee-saved, so that they outlive the call
    register void *kept_function __asm__("r12") = function;
    register void *kept_after __asm__("r13") = after;
    __asm__ volatile(EACH(LOAD_YMM) CALL EACH(STORE_YMM)
                     :
                     : [before] "b"(before), [after] "r"(kept_after), [function] "r"(kept_function)
                     : CLOBBERED);
}

/* The C library uses these, where there are any. */
#define PAIR(op)                                                                                   \
    op(0, 16) op(1, 17) op(2, 18) op(3, 19) op(4, 20) op(5, 21) op(6, 22) op(7, 23) op(8, 24)      \
        op(9, 25) op(10, 26) op(11, 27) op(12, 28) op(13, 29) op(14, 30) op(15, 31)
#define LOAD_HIGH(n, r) "vmovdqa64 " #n "*64(%[before]), %%zmm" #r "\n\t"
#define STORE_HIGH(n, r) "vmovdqa64 %%zmm" #r ", " #n "*64(%[after])\n\t"

__attribute__((target("avx512f"))) static void
call_with_zmm(void *function) {
    register void *kept_function __asm__("r12") = function;
    register void *kept_after __asm__("r13") = after;
    __asm__ volatile(PAIR(LOAD_HIGH) CALL PAIR(STORE_HIGH)
                     :
                     : [before] "b"(before), [after] "r"(kept_after), [function] "r"(kept_function)
                     : CLOBBERED);
}

/* 0 if they stayed, 1 if the lower and 2 if the upper sixteen did not, -1 if there are none. */
int
check(void *function) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx")) return -1;
    memset(before, 0xa5, sizeof before);
    memset(after, 0, sizeof after);
    call_with_ymm(function);
    for (int i = 0; i < REGISTERS; i++) {
        if (memcmp(before[i], after[i], 32) != 0) return 1;
    }
    if (!__builtin_cpu_supports("avx512f")) return 0;
    memset(after, 0, sizeof after);
    call_with_zmm(function);
    return memcmp(before, after, sizeof before) == 0 ? 0 : 2;
}
