#if defined(__aarch64__)

#    define _GNU_SOURCE
#    include <asm/ptrace.h>
#    include <elf.h>
#    include <stddef.h>
#    include <string.h>
#    include <sys/syscall.h>

#    include "check.h"
#    include "cpu.h"

/* Sets of registers that older headers lack. */
enum { SYSTEM_CALL = 0x404, SVE = 0x405, STREAMING_SVE = 0x40b, GUARDED_STACK = 0x410 };

/* What the code has to be: mov x8, #139 (rt_sigreturn); svc #0. */
static const uint32_t restorer_code[] = {0xd2801168, 0xd4000001};

enum {
    BELOW = 128,           /* what is left alone below the stack pointer */
    ROOM = 16 << 10,       /* of the stack, for the functions that are called */
    BRANCH_TYPE = 3 << 10, /* in the state of the processor: of the jump just before */
    STEP = 1 << 21,        /* likewise */
    VECTORS_ARE_SVE = 1,   /* of the flags in struct sve */
    SVE_BYTES = 12 << 10,  /* for vectors of 2048 bits, the longest */
    FRAME_RESERVED = 4096, /* in the kernel's struct sigcontext */
    MAGIC_FPSIMD = 0x46508001,
    MAGIC_SVE = 0x53564501
};

struct fpsimd {
    uint64_t vectors[64];
    uint32_t status, control, reserved[2];
};

/* As ptrace gives it; the registers follow. */
struct sve {
    uint32_t size, most;
    uint16_t length, longest, flags, reserved;
    unsigned char registers[SVE_BYTES];
};

/* The kernel's struct rt_sigframe. */
struct frame {
    unsigned char info[128];
    uint64_t flags, link, stack, stack_flags, stack_size;
    uint64_t blocked, unused[15], padding;
    uint64_t fault;
    struct user_pt_regs regs;
    uint64_t padding_too;
    unsigned char reserved[FRAME_RESERVED];
};
_Static_assert(offsetof(struct frame, fault) == 304, "struct ucontext of the kernel");
_Static_assert(offsetof(struct frame, reserved) == 592, "struct sigcontext of the kernel");

/* No state of an alternate stack: the kernel refuses it and leaves that stack as it is. */
enum { NO_STACK = 4 };

struct ha_cpu {
    struct ha_way way;
    struct user_pt_regs saved;
    struct fpsimd fpsimd;
    struct sve sve;
    size_t sve_size; /* 0 on a processor without SVE */
    uint64_t frame;  /* the address of struct frame in the process */
};

static struct ha_cpu the_cpu;

static bool
get(struct ha_thread *thread, struct user_pt_regs *regs) {
    if (ha_thread_registers(thread, NT_PRSTATUS, regs, sizeof *regs) == sizeof *regs) return true;
    return ha_fault(thread, HA_FAILED, "its registers cannot be read");
}

static bool
set(struct ha_thread *thread, const struct user_pt_regs *regs) {
    return ha_thread_set_registers(thread, NT_PRSTATUS, regs, sizeof *regs);
}

static bool
check_thread(struct ha_thread *thread) {
    uint64_t guarded[3];
    struct sve streaming;
    uint32_t code[2];
    if (ha_thread_registers(thread, GUARDED_STACK, guarded, sizeof guarded) > 0 &&
        (guarded[0] & 1) != 0) {
        return ha_fault(thread, HA_CANNOT, "it has a guarded stack, which allows no way back");
    }
    if (ha_thread_registers(thread, STREAMING_SVE, &streaming, sizeof streaming) > 0 &&
        (streaming.flags & VECTORS_ARE_SVE) != 0) {
        return ha_fault(thread, HA_LATER, "its vector registers are in streaming mode");
    }
    if (!ha_thread_read(thread, the_cpu.way.restorer, code, sizeof code,
                        "the code of the way back")) {
        return false;
    }
    if (memcmp(code, restorer_code, sizeof code) == 0) return true;
    return ha_fault(thread, HA_CANNOT, "the code of the way back is another");
}

struct ha_cpu *
ha_cpu_read(struct ha_thread *thread, const struct ha_way *way) {
    struct ha_cpu *cpu = &the_cpu;
    memset(cpu, 0, sizeof *cpu);
    cpu->way = *way;
    if (!get(thread, &cpu->saved)) return NULL;
    if (ha_thread_registers(thread, NT_PRFPREG, &cpu->fpsimd, sizeof cpu->fpsimd) !=
        sizeof cpu->fpsimd) {
        ha_fault(thread, HA_CANNOT, "its vector registers cannot be read");
        return NULL;
    }
    cpu->sve_size = ha_thread_registers(thread, SVE, &cpu->sve, sizeof cpu->sve);
    return check_thread(thread) ? cpu : NULL;
}

uint64_t
ha_cpu_counter(const struct ha_cpu *cpu) {
    return cpu->saved.pc;
}

static size_t
put(unsigned char *to, const void *bytes, size_t size) {
    memcpy(to, bytes, size);
    return size;
}

static size_t
put_fpsimd(unsigned char *to, const struct fpsimd *fpsimd) {
    const uint32_t head[] = {MAGIC_FPSIMD, 16 + sizeof fpsimd->vectors, fpsimd->status,
                             fpsimd->control};
    size_t size = put(to, head, sizeof head);
    return size + put(to + size, fpsimd->vectors, sizeof fpsimd->vectors);
}

/*
 * 32 vectors, and 17 registers with a bit for each byte of a vector. 0 if the frame cannot hold
 * them, in which `room` is left.
 */
static size_t
put_sve(unsigned char *to, const struct sve *sve, size_t room) {
    size_t registers = (size_t)sve->length * 32 + (size_t)sve->length / 8 * 17;
    size_t size = (16 + registers + 15) & ~(size_t)15;
    if (size > room || registers > sizeof sve->registers) return 0;
    const uint32_t head[] = {MAGIC_SVE, (uint32_t)size, sve->length, 0};
    put(to, head, sizeof head);
    put(to + sizeof head, sve->registers, registers);
    return size;
}

bool
ha_cpu_write_frame(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t blocked) {
    static struct frame frame;
    frame.stack_flags = NO_STACK;
    frame.blocked = blocked;
    /*
     * If a system call was interrupted, the kernel has already prepared that it begins anew. A
     * sleep for a time begins anew with the whole time, because that is prepared later.
     */
    frame.regs = cpu->saved;
    size_t used = put_fpsimd(frame.reserved, &cpu->fpsimd);
    if (cpu->sve_size > 0 && (cpu->sve.flags & VECTORS_ARE_SVE) != 0) {
        size_t size = put_sve(frame.reserved + used, &cpu->sve, FRAME_RESERVED - used - 16);
        if (size == 0) return ha_fault(thread, HA_CANNOT, "its vectors are too long");
    }
    cpu->frame = (cpu->saved.sp - BELOW - sizeof frame) & ~(uint64_t)15;
    HA_CHECK(cpu->frame % 16 == 0 && cpu->frame + sizeof frame <= cpu->saved.sp - BELOW);
    return ha_thread_has_stack(thread, cpu->frame - ROOM, cpu->saved.sp) &&
           ha_thread_write(thread, cpu->frame, &frame, sizeof frame, "its stack");
}

/* Registers that continue in the restorer. */
static struct user_pt_regs
way_back(const struct ha_cpu *cpu) {
    struct user_pt_regs regs = cpu->saved;
    regs.pc = regs.regs[30] = cpu->way.restorer;
    regs.sp = cpu->frame;
    regs.pstate &= ~(uint64_t)(BRANCH_TYPE | STEP);
    return regs;
}

bool
ha_cpu_lead_back(struct ha_thread *thread, struct ha_cpu *cpu) {
    struct user_pt_regs regs = way_back(cpu);
    return set(thread, &regs);
}

bool
ha_cpu_lead_to(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t function,
               const uint64_t arguments[HA_ARGUMENTS]) {
    struct user_pt_regs regs = way_back(cpu);
    regs.pc = function;
    for (int i = 0; i < HA_ARGUMENTS; i++) regs.regs[i] = arguments[i];
    return set(thread, &regs);
}

bool
ha_cpu_is_back(struct ha_thread *thread, struct ha_cpu *cpu, bool *back) {
    struct user_pt_regs regs;
    if (!get(thread, &regs)) return false;
    *back = regs.regs[8] == SYS_rt_sigreturn &&
            regs.pc == cpu->way.restorer + sizeof restorer_code && regs.sp == cpu->frame;
    return true;
}

/* The number of a system call has a register of its own here, so the result is still there. */
bool
ha_cpu_result(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t *result) {
    struct user_pt_regs regs;
    if (!get(thread, &regs)) return false;
    *result = regs.regs[0];
    return true;
}

/* In this order: rt_sigreturn finds its frame after the first step too. */
bool
ha_cpu_wait_there(struct ha_thread *thread, struct ha_cpu *cpu) {
    struct user_pt_regs regs = way_back(cpu);
    int number = SYS_read; /* of no file */
    regs.regs[0] = ~(uint64_t)0;
    regs.regs[1] = regs.regs[2] = 0;
    return set(thread, &regs) &&
           ha_thread_set_registers(thread, SYSTEM_CALL, &number, sizeof number);
}

bool
ha_cpu_restore(struct ha_thread *thread, struct ha_cpu *cpu) {
    bool fine = cpu->sve_size > 0
                    ? ha_thread_set_registers(thread, SVE, &cpu->sve, cpu->sve_size)
                    : ha_thread_set_registers(thread, NT_PRFPREG, &cpu->fpsimd, sizeof cpu->fpsimd);
    return fine && set(thread, &cpu->saved);
}

#endif
