/*
 * The words of the format that mean something to the reader: names of fields, types, structs,
 * imemo_types and categories of roots.
 */
#ifndef HEAPGRAPH_WORDS_H
#define HEAPGRAPH_WORDS_H

#include "base/bytes.h"

// clang-format off
#define HG_WORDS(X) \
    X(HEADER) X(FOOTER) X(ROOT) X(SHAPE) X(NONE) X(ZOMBIE) \
    X(OBJECT) X(CLASS) X(MODULE) X(ICLASS) X(FLOAT) X(STRING) X(REGEXP) X(ARRAY) X(HASH) X(STRUCT) \
    X(BIGNUM) X(FILE) X(DATA) X(MATCH) X(COMPLEX) X(RATIONAL) X(SYMBOL) X(IMEMO) X(NODE) \
    X(address) X(type) X(class) X(class_name) X(memsize) X(name) X(struct) X(imemo_type) X(root) \
    X(references) X(weak) X(ivars) X(elements) X(entries) X(members) X(constants) \
    X(class_variables) X(methods) X(variables) X(locals) X(fiber_locals) X(frames) \
    X(frozen) X(old) X(shared) X(singleton) X(error) X(finalizer) X(flags) \
    X(generation) X(file) X(line) X(method) X(label) \
    X(value) X(value_base64) X(value_hash) X(real_class_name) X(encoding) X(thread_name) X(status) \
    X(path) X(original_method) X(attribute) X(definition) X(visibility) X(iseq_type) \
    X(autoload) X(constant_locations) X(mid) X(called_id) X(coderange) \
    X(superclass) X(default) X(receiver_class) \
    X(shape_id) X(id) X(parent_id) X(edge_name) X(shape_type) X(IVAR) X(OBJ_TOO_COMPLEX) \
    X(objects) X(complete) X(proc) X(binding) X(enumerator) X(callcache) X(callinfo) X(constcache) \
    X(machine_context) X(trap_handlers) X(addresses) X(ractor_locals)
// clang-format on

enum hg_word {
    HG_W_UNKNOWN,
#define HG_WORD(word) HG_W_##word,
    HG_WORDS(HG_WORD)
#undef HG_WORD
        HG_W_COUNT
};

/* Must be called before hg_word; any thread may call it, and more than once. */
void hg_words_init(void);

/* A word of up to 24 bytes: its first 8, its last 8, and those between. */
struct hg_word_slot {
    uint64_t head, middle, tail;
    unsigned char size, word; /* `word` is 0 if the slot is free */
};

#define HG_WORD_SLOTS 1024
extern struct hg_word_slot hg_word_slots[HG_WORD_SLOTS];

static inline size_t
hg_word_slot_of(uint64_t head, size_t size) {
    return (size_t)((head ^ size) * HG_GOLDEN >> 54);
}

/* Which word a text is. HG_PAD bytes that may be read must follow it. */
static inline enum hg_word
hg_word(const char *text, size_t size) {
    uint64_t head = hg_load_upto8(text, size);
    const struct hg_word_slot *slot = &hg_word_slots[hg_word_slot_of(head, size)];
    for (; slot->word;
         slot = slot == &hg_word_slots[HG_WORD_SLOTS - 1] ? hg_word_slots : slot + 1) {
        if (slot->head != head || slot->size != size) continue;
        if (size > 8 && slot->tail != hg_load8(text + size - 8)) continue;
        if (size > 16 && slot->middle != hg_load8(text + 8)) continue;
        return (enum hg_word)slot->word;
    }
    return HG_W_UNKNOWN;
}

#endif
