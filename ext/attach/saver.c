#include "saver.h"

#include <string.h>

struct store {
    unsigned char code[4];
    int size;
    enum ha_base base;
    bool has_offset; /* a byte that follows */
};

static const struct store stores[] = {
    {{0x48, 0x89, 0x03}, 3, HA_RBX, false},      {{0x48, 0x89, 0x43}, 3, HA_RBX, true},
    {{0x48, 0x89, 0x45}, 3, HA_RBP, true},       {{0x49, 0x89, 0x04, 0x24}, 4, HA_R12, false},
    {{0x49, 0x89, 0x44, 0x24}, 4, HA_R12, true}, {{0x49, 0x89, 0x45}, 3, HA_R13, true},
    {{0x49, 0x89, 0x06}, 3, HA_R14, false},      {{0x49, 0x89, 0x46}, 3, HA_R14, true},
    {{0x49, 0x89, 0x07}, 3, HA_R15, false},      {{0x49, 0x89, 0x47}, 3, HA_R15, true},
};

enum { RET = 0xc3, POP = 0x58, REX_B = 0x41 };

/* The size of the instruction, 0 if it is none. */
static int
decode_store(const unsigned char *code, struct ha_saver *saver) {
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        const struct store *store = &stores[i];
        if (memcmp(code, store->code, (size_t)store->size) != 0) continue;
        saver->base = store->base;
        saver->offset = store->has_offset ? (signed char)code[store->size] : 0;
        return store->size + (store->has_offset ? 1 : 0);
    }
    return 0;
}

/* pop of %rbx, %rbp, %r12 to %r15: the size of the instruction. */
static int
decode_pop(const unsigned char *code) {
    if (code[0] == POP + 3 || code[0] == POP + 5) return 1;
    return code[0] == REX_B && code[1] >= POP + 4 && code[1] <= POP + 7 ? 2 : 0;
}

bool
ha_saver_decode(const unsigned char code[HA_SAVER_BYTES], struct ha_saver *saver) {
    static const unsigned char clear[] = {0x31, 0xc0}, add[] = {0x48, 0x83, 0xc4};
    int at = decode_store(code, saver), size;
    if (at == 0) return false;
    saver->words = 0;
    if (memcmp(code + at, clear, sizeof clear) == 0) at += (int)sizeof clear;
    if (memcmp(code + at, add, sizeof add) == 0) {
        unsigned char bytes = code[at + (int)sizeof add];
        if (bytes % 8 != 0 || bytes > 64) return false;
        saver->words = bytes / 8;
        at += (int)sizeof add + 1;
    }
    while ((size = decode_pop(code + at)) > 0) {
        if (++saver->words > HA_SAVER_WORDS || (at += size) + 2 > HA_SAVER_BYTES) return false;
    }
    return code[at] == RET;
}
