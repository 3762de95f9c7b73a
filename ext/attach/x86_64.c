#if defined(__x86_64__)

#    define _GNU_SOURCE
#    include <cpuid.h>
#    include <elf.h>
#    include <errno.h>
#    include <stddef.h>
#    include <string.h>
#    include <sys/syscall.h>
#    include <sys/user.h>

#    include "check.h"
#    include "cpu.h"
#    include "saver.h"

#    ifndef NT_X86_SHSTK
#        define NT_X86_SHSTK 0x204
#    endif

/* What the code that calls rt_sigreturn has to be. */
static const unsigned char restorer_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, /* mov $15, %rax */
                                              0x0f, 0x05};                     /* syscall */

enum {
    CODE_OF_64_BITS = 0x33, /* %cs of a thread that is not in 32-bit code */
    RED_ZONE = 128,         /* what a function may use below its stack pointer */
    ROOM = 16 << 10,        /* of the stack, for the functions that are called */
    DIRECTION = 0x400,      /* flags of the processor that have to be clear in a function */
    STEP = 0x100,
    EXTENDED_BYTES = 16 << 10 /* of the extended state: AVX-512 and AMX need 11 KiB */
};

/* The extended state as the processor's XSAVE lays it out, and what the kernel adds for signals. */
enum {
    LEGACY_BYTES = 512,
    HEADER_BYTES = 64,
    SOFTWARE = 464, /* bytes that the processor leaves to the kernel */
    AMX_TILES = 18,
    MAGIC_BEGIN = 0x46505853,
    MAGIC_END = 0x46505845
};

struct software {
    uint32_t magic, extended_size;
    uint64_t features;
    uint32_t size, padding[7];
};

/* The kernel's struct rt_sigframe, and a word above it. */
struct frame {
    uint64_t restorer;
    struct {
        uint64_t flags, link, stack, stack_flags, stack_size;
        uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
        uint64_t eflags, segments, error, trap, old_mask, cr2;
        uint64_t extended, reserved[8];
        uint64_t blocked;
    } context;
    unsigned char info[128];
    uint64_t result;
};
_Static_assert(sizeof(((struct frame *)0)->context) == 304, "struct ucontext of the kernel");

enum {
    HAS_EXTENDED = 1, /* UC_FP_XSTATE */
    HAS_SS = 2 | 4,   /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
    /* No state of an alternate stack: the kernel refuses it and leaves that stack as it is. */
    NO_STACK = 4
};

/* What a system call returns, within the kernel, that is to begin anew (linux/errno.h). */
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };
enum { SYSTEM_CALL_BYTES = 2 };

struct ha_cpu {
    struct ha_way way;
    struct user_regs_struct saved;
    unsigned char extended[EXTENDED_BYTES + sizeof(uint32_t)];
    size_t extended_size;
    struct ha_saver saver;
    uint64_t frame; /* the address of struct frame in the process */
    uint64_t entry; /* below it: where the stack ends when a function begins */
};

static struct ha_cpu the_cpu;

static bool
get(struct ha_thread *thread, struct user_regs_struct *regs) {
    if (ha_thread_registers(thread, NT_PRSTATUS, regs, sizeof *regs) == sizeof *regs) return true;
    return ha_fault(thread, HA_FAILED, "its registers cannot be read");
}

static bool
set(struct ha_thread *thread, const struct user_regs_struct *regs) {
    return ha_thread_set_registers(thread, NT_PRSTATUS, regs, sizeof *regs);
}

static bool
check_code(struct ha_thread *thread, uint64_t address, const unsigned char *code, size_t size) {
    unsigned char found[16];
    if (!ha_thread_read(thread, address, found, size, "the code of the way back")) return false;
    if (memcmp(found, code, size) == 0) return true;
    return ha_fault(thread, HA_CANNOT, "the code of the way back is another");
}

static bool
check_saver(struct ha_thread *thread, struct ha_cpu *cpu) {
    unsigned char code[HA_SAVER_BYTES];
    if (!ha_thread_read(thread, cpu->way.saver, code, sizeof code, "the code of the way back")) {
        return false;
    }
    if (ha_saver_decode(code, &cpu->saver)) return true;
    return ha_fault(thread, HA_CANNOT, "the code that keeps a result is another");
}

static bool
check_thread(struct ha_thread *thread, const struct ha_cpu *cpu) {
    uint64_t shadow;
    if (cpu->saved.cs != CODE_OF_64_BITS) {
        return ha_fault(thread, HA_LATER, "it is in 32-bit code");
    }
    if (ha_thread_registers(thread, NT_X86_SHSTK, &shadow, sizeof shadow) > 0) {
        return ha_fault(thread, HA_CANNOT, "it has a shadow stack, which allows no way back");
    }
    return true;
}

struct ha_cpu *
ha_cpu_read(struct ha_thread *thread, const struct ha_way *way) {
    struct ha_cpu *cpu = &the_cpu;
    memset(cpu, 0, sizeof *cpu);
    cpu->way = *way;
    if (!get(thread, &cpu->saved)) return NULL;
    cpu->extended_size = ha_thread_registers(thread, NT_X86_XSTATE, cpu->extended, EXTENDED_BYTES);
    if (cpu->extended_size < LEGACY_BYTES + HEADER_BYTES || cpu->extended_size == EXTENDED_BYTES) {
        ha_fault(thread, HA_CANNOT, "its vector registers cannot be read");
        return NULL;
    }
    bool fine = check_thread(thread, cpu) &&
                check_code(thread, way->restorer, restorer_code, sizeof restorer_code) &&
                check_saver(thread, cpu);
    return fine ? cpu : NULL;
}

uint64_t
ha_cpu_counter(const struct ha_cpu *cpu) {
    return cpu->saved.rip;
}

/* How many bytes the state of these features takes. */
static uint32_t
size_of_features(uint64_t features) {
    uint32_t most = LEGACY_BYTES + HEADER_BYTES;
    for (uint32_t i = 2; i < 63; i++) {
        uint32_t size = 0, offset = 0, c = 0, d = 0;
        if ((features >> i & 1) == 0) continue;
        __cpuid_count(0xd, i, size, offset, c, d);
        if (offset + size > most) most = offset + size;
    }
    return most;
}

/*
 * Turns the extended state as ptrace gives it into that of a frame, and returns its size. The
 * kernel accepts no tiles of AMX from a thread that never asked for any.
 */
static uint32_t
as_in_frame(unsigned char *extended, size_t given) {
    uint64_t features, used;
    memcpy(&features, extended + SOFTWARE, sizeof features);
    memcpy(&used, extended + LEGACY_BYTES, sizeof used);
    uint64_t tiles = (uint64_t)1 << AMX_TILES;
    if ((used & tiles) == 0) features &= ~tiles;
    uint32_t size = size_of_features(features);
    if (size > given) size = (uint32_t)given;
    uint32_t end = MAGIC_END;
    struct software software = {MAGIC_BEGIN, size + (uint32_t)sizeof end, features, size, {0}};
    memcpy(extended + SOFTWARE, &software, sizeof software);
    memcpy(extended + size, &end, sizeof end);
    return size + (uint32_t)sizeof end;
}

/* The registers as they are after an interrupted system call has been prepared to begin anew. */
static struct user_regs_struct
without_interruption(struct user_regs_struct regs) {
    if ((long long)regs.orig_rax < 0) return regs;
    switch (-(long long)regs.rax) {
    case ERESTARTSYS:
    case ERESTARTNOINTR:
    case ERESTARTNOHAND:
        regs.rax = regs.orig_rax;
        regs.rip -= SYSTEM_CALL_BYTES;
        break;
    case ERESTART_RESTARTBLOCK: /* as after a handler: rt_sigreturn forgets how to go on */
        regs.rax = -(unsigned long long)EINTR;
        break;
    default:
        break;
    }
    return regs;
}

static struct frame
frame_of(const struct ha_cpu *cpu, uint64_t extended, uint64_t blocked) {
    struct user_regs_struct regs = without_interruption(cpu->saved);
    uint64_t segments = (regs.cs & 0xffff) | (regs.gs & 0xffff) << 16 | (regs.fs & 0xffff) << 32 |
                        (regs.ss & 0xffff) << 48;
    struct frame frame = {
        .restorer = cpu->way.restorer,
        .context = {.flags = HAS_EXTENDED | HAS_SS,
                    .stack_flags = NO_STACK,
                    .r8 = regs.r8,
                    .r9 = regs.r9,
                    .r10 = regs.r10,
                    .r11 = regs.r11,
                    .r12 = regs.r12,
                    .r13 = regs.r13,
                    .r14 = regs.r14,
                    .r15 = regs.r15,
                    .rdi = regs.rdi,
                    .rsi = regs.rsi,
                    .rbp = regs.rbp,
                    .rbx = regs.rbx,
                    .rdx = regs.rdx,
                    .rax = regs.rax,
                    .rcx = regs.rcx,
                    .rsp = regs.rsp,
                    .rip = regs.rip,
                    .eflags = regs.eflags,
                    .segments = segments,
                    .extended = extended,
                    .blocked = blocked},
    };
    return frame;
}

bool
ha_cpu_write_frame(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t blocked) {
    static unsigned char extended[sizeof the_cpu.extended];
    memcpy(extended, cpu->extended, sizeof extended);
    uint32_t size = as_in_frame(extended, cpu->extended_size);
    uint64_t above = (cpu->saved.rsp - RED_ZONE - size) & ~(uint64_t)63;
    uint64_t lead[1 + HA_SAVER_WORDS] = {cpu->way.saver};
    size_t lead_size = sizeof *lead * (1 + (size_t)cpu->saver.words);
    /* a function begins at 8 modulo 16 */
    cpu->entry = ((above - sizeof(struct frame) - lead_size) & ~(uint64_t)15) - 8;
    cpu->frame = cpu->entry + lead_size;
    HA_CHECK(cpu->entry % 16 == 8 && above % 64 == 0);
    HA_CHECK(cpu->frame + sizeof(struct frame) <= above);
    HA_CHECK(above + size <= cpu->saved.rsp - RED_ZONE);
    struct frame frame = frame_of(cpu, above, blocked);
    return ha_thread_has_stack(thread, cpu->entry - ROOM, cpu->saved.rsp) &&
           ha_thread_write(thread, above, extended, size, "its stack") &&
           ha_thread_write(thread, cpu->frame, &frame, sizeof frame, "its stack") &&
           ha_thread_write(thread, cpu->entry, lead, lead_size, "its stack");
}

/* Registers that continue in the restorer. */
static struct user_regs_struct
way_back(const struct ha_cpu *cpu) {
    struct user_regs_struct regs = cpu->saved;
    regs.rip = cpu->way.restorer;
    regs.rsp = cpu->frame + offsetof(struct frame, context);
    regs.orig_rax = ~0ULL; /* no system call, so none is restarted */
    regs.eflags &= ~(unsigned long long)(DIRECTION | STEP);
    return regs;
}

bool
ha_cpu_lead_back(struct ha_thread *thread, struct ha_cpu *cpu) {
    struct user_regs_struct regs = way_back(cpu);
    return set(thread, &regs);
}

static void
point_at_result(const struct ha_cpu *cpu, struct user_regs_struct *regs) {
    uint64_t result = cpu->frame + offsetof(struct frame, result);
    uint64_t base = result - (uint64_t)(int64_t)cpu->saver.offset;
    switch (cpu->saver.base) {
    case HA_RBX:
        regs->rbx = base;
        break;
    case HA_RBP:
        regs->rbp = base;
        break;
    case HA_R12:
        regs->r12 = base;
        break;
    case HA_R13:
        regs->r13 = base;
        break;
    case HA_R14:
        regs->r14 = base;
        break;
    case HA_R15:
        regs->r15 = base;
        break;
    }
}

bool
ha_cpu_lead_to(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t function,
               const uint64_t arguments[HA_ARGUMENTS]) {
    struct user_regs_struct regs = way_back(cpu);
    regs.rip = function;
    regs.rsp = cpu->entry;
    regs.rax = 0; /* no arguments are in vector registers */
    point_at_result(cpu, &regs);
    regs.rdi = arguments[0];
    regs.rsi = arguments[1];
    regs.rdx = arguments[2];
    regs.rcx = arguments[3];
    regs.r8 = arguments[4];
    regs.r9 = arguments[5];
    return set(thread, &regs);
}

bool
ha_cpu_is_back(struct ha_thread *thread, struct ha_cpu *cpu, bool *back) {
    struct user_regs_struct regs;
    if (!get(thread, &regs)) return false;
    *back = regs.orig_rax == SYS_rt_sigreturn &&
            regs.rip == cpu->way.restorer + sizeof restorer_code &&
            regs.rsp == cpu->frame + offsetof(struct frame, context);
    return true;
}

bool
ha_cpu_result(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t *result) {
    return ha_thread_read(thread, cpu->frame + offsetof(struct frame, result), result,
                          sizeof *result, "the result of a function");
}

bool
ha_cpu_wait_there(struct ha_thread *thread, struct ha_cpu *cpu) {
    struct user_regs_struct regs = way_back(cpu);
    regs.orig_rax = SYS_read; /* of no file */
    regs.rdi = ~0ULL;
    regs.rsi = regs.rdx = 0;
    return set(thread, &regs);
}

bool
ha_cpu_restore(struct ha_thread *thread, struct ha_cpu *cpu) {
    return ha_thread_set_registers(thread, NT_X86_XSTATE, cpu->extended, cpu->extended_size) &&
           set(thread, &cpu->saved);
}

#endif
