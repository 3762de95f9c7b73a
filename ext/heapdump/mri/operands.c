/*
 * The operands of an iseq's instructions. MRI keeps the instructions as one array of words: an
 * opcode, then its operands. Which words are opcodes need not be known: an object's address and a
 * pointer into the iseq's own list of calls are nothing else, because opcodes are addresses of
 * machine code or small numbers, and the other operands are numbers or pointers to other memory.
 */
#include "mri/internal.h"

struct code {
    const VALUE *words;
    unsigned size;
    const char *calls; /* MRI's call data, a pair of call info and call cache for each call */
    unsigned calls_size;
};

static bool
find_code(VALUE iseq, struct code *code) {
    const struct hd_layout *layout = hd_layout();
    const void *body = hd_read_pointer((void *)iseq, HD_BODY_OF_ISEQ);
    if (!hd_plausible(body)) return false; // still being compiled
    code->words = hd_read_pointer(body, HD_BODY_ENCODED);
    code->size = hd_read_u32(body, HD_BODY_ENCODED_SIZE);
    code->calls = hd_read_pointer(body, layout->iseq_local_iseq + HD_CALLS_BEHIND_LOCAL_ISEQ);
    code->calls_size = hd_read_u32(body, layout->iseq_calls_size);
    if (!hd_plausible(code->calls)) code->calls_size = 0;
    return hd_plausible(code->words);
}

/* True if the word is a pointer to one of the iseq's calls. */
static inline bool
is_call(const struct code *code, VALUE word) {
    size_t distance = word - (VALUE)code->calls; // huge if the word lies before the calls
    return distance < (size_t)code->calls_size * HD_CALL_SIZE && distance % HD_CALL_SIZE == 0;
}

void
hd_mri_each_operand(const struct hd_pages *pages, VALUE iseq,
                    bool (*fn)(const struct hd_operand *, void *), void *data) {
    struct code code;
    if (!find_code(iseq, &code) || pages->size == 0) return;
    // most words are not even in the range of the heap, which is quick to see
    const VALUE first = pages->list[0].start, last = pages->list[pages->size - 1].end;
    const bool careful = hd_careful;
    for (unsigned i = 0; i < code.size; i++) {
        VALUE word = careful ? hd_read(code.words, (ptrdiff_t)(i * sizeof word)) : code.words[i];
        if (word % sizeof word != 0) continue;
        bool call = is_call(&code, word);
        VALUE object = call ? hd_read((void *)word, HD_CALL_CACHE) : word;
        if (object < first || object >= last) continue;
        struct hd_operand operand = {call ? 0 : object, call ? object : 0, i};
        if (!fn(&operand, data) || hd_is_lost()) return;
    }
}

int
hd_mri_line_at(VALUE iseq, unsigned position) {
    return rb_iseq_line_no ? (int)rb_iseq_line_no((void *)iseq, position) : 0;
}
