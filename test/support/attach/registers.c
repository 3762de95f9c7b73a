#include "registers.h"

#include <stdint.h>
#include <string.h>

enum { VECTORS = 16, VECTOR_BYTES = 32, RED_ZONE = 128 };

static unsigned char before[VECTORS][VECTOR_BYTES], after[VECTORS][VECTOR_BYTES];

#if defined(__x86_64__)

#    define LOAD(n) "vmovdqu " #    n "*32(%[from]), %%ymm" #    n "\n"
#    define STORE(n) "vmovdqu %%ymm" #    n ", " #    n "*32(%[to])\n"
#    define LOAD_HALF(n) "movdqu " #    n "*32(%[from]), %%xmm" #    n "\n"
#    define STORE_HALF(n) "movdqu %%xmm" #    n ", " #    n "*32(%[to])\n"
#    define OVERWRITE(n) "vpcmpeqd %%xmm" #    n ", %%xmm" #    n ", %%xmm" #    n "\n"
#    define OVERWRITE_HALF(n) "pcmpeqd %%xmm" #    n ", %%xmm" #    n "\n"
#    define EACH(do)                                                                               \
        do                                                                                         \
        (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(  \
            14) do(15)
#    define VECTORS_ARE_USED                                                                       \
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",   \
            "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* The red zone is part of it, and the flags: a carry that is set. */
#    define COUNT                                                                                  \
        "mov $0x1122334455667788, %%r8\n mov %%r8, -8(%%rsp)\n mov %%r8, -128(%%rsp)\n"            \
        "mov %%r8, %%r9\n mov %%r8, %%r10\n mov %%r8, %%r11\n mov %%r8, %%rdx\n"                   \
        "stc\n"                                                                                    \
        "1: lea -1(%[rounds]), %[rounds]\n jnc 2f\n"                                               \
        "xchg %[rounds], %%rcx\n jrcxz 3f\n xchg %[rounds], %%rcx\n jmp 1b\n"                      \
        "2: mov $0, %%r8\n"                                                                        \
        "3: cmp %%r8, %%r9\n jne 4f\n cmp %%r8, %%r10\n jne 4f\n cmp %%r8, %%r11\n jne 4f\n"       \
        "cmp %%r8, %%rdx\n jne 4f\n cmp %%r8, -8(%%rsp)\n jne 4f\n cmp %%r8, -128(%%rsp)\n"        \
        "jne 4f\n mov $1, %[same]\n"                                                               \
        "4:\n"

#    define RUN(load, store)                                                                       \
        __asm__ volatile(EACH(load) COUNT EACH(store)                                              \
                         : [same] "+r"(same), [rounds] "+r"(rounds)                                \
                         : [from] "r"(before), [to] "r"(after)                                     \
                         : "r8", "r9", "r10", "r11", "rdx", "rcx", "cc", "memory",                 \
                           VECTORS_ARE_USED)

static bool
count(long rounds) {
    uint64_t same = 0;
    if (__builtin_cpu_supports("avx")) RUN(LOAD, STORE);
    else RUN(LOAD_HALF, STORE_HALF);
    return same == 1;
}

long
overwrite_registers(void) {
    if (__builtin_cpu_supports("avx")) __asm__ volatile(EACH(OVERWRITE)::: VECTORS_ARE_USED);
    else __asm__ volatile(EACH(OVERWRITE_HALF)::: VECTORS_ARE_USED);
    __asm__ volatile("mov $0, %%r8\n mov %%r8, %%r9\n mov %%r8, %%r10\n mov %%r8, %%r11\n"
                     "mov %%r8, %%rdx\n" ::
                         : "r8", "r9", "r10", "r11", "rdx");
    return 4711;
}

static bool
has_wide_vectors(void) {
    return __builtin_cpu_supports("avx");
}

#elif defined(__aarch64__)

#    define LOAD(n) "ldr q" #    n ", [%[from], #" #    n "*32]\n"
#    define STORE(n) "str q" #    n ", [%[to], #" #    n "*32]\n"
#    define OVERWRITE(n) "movi v" #    n ".16b, #0xff\n"
#    define EACH(do)                                                                               \
        do                                                                                         \
        (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(  \
            14) do(15)
#    define VECTORS_ARE_USED                                                                       \
        "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",    \
            "v14", "v15"

static bool
count(long rounds) {
    uint64_t same = 0;
    __asm__ volatile(EACH(LOAD) "mov x9, #0x1234\n mov x10, x9\n mov x11, x9\n mov x7, x9\n"
                                "mov x8, x9\n mov x12, #0x1235\n"
                                "cmp x12, x9\n"
                                "1: sub %[rounds], %[rounds], #1\n b.ls 2f\n"
                                "cbnz %[rounds], 1b\n"
                                "cmp x9, x10\n b.ne 2f\n cmp x9, x11\n b.ne 2f\n"
                                "cmp x9, x7\n b.ne 2f\n cmp x9, x8\n b.ne 2f\n"
                                "mov %[same], #1\n"
                                "2:\n" EACH(STORE)
                     : [same] "+r"(same), [rounds] "+r"(rounds)
                     : [from] "r"(before), [to] "r"(after)
                     : "x7", "x8", "x9", "x10", "x11", "x12", "cc", "memory", VECTORS_ARE_USED);
    return same == 1;
}

long
overwrite_registers(void) {
    __asm__ volatile(EACH(OVERWRITE) "mov x9, #0\n mov x10, #0\n mov x11, #0\n mov x12, #0\n" ::
                         : "x9", "x10", "x11", "x12", VECTORS_ARE_USED);
    return 4711;
}

static bool
has_wide_vectors(void) {
    return false;
}

#endif

bool
registers_stay(long rounds) {
    static unsigned char seed;
    unsigned char *bytes = &before[0][0];
    seed++;
    for (size_t i = 0; i < sizeof before; i++) bytes[i] = (unsigned char)(i * 7 + seed);
    memset(after, 0, sizeof after);
    if (!count(rounds)) return false;
    size_t size = has_wide_vectors() ? VECTOR_BYTES : VECTOR_BYTES / 2;
    for (int i = 0; i < VECTORS; i++)
        if (memcmp(before[i], after[i], size) != 0) return false;
    return true;
}
