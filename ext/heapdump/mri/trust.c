/*
 * For which types MRI need not be asked what it marks from an object, and how large that is.
 */
#include "mri/internal.h"

unsigned hd_trusted_types, hd_types_in_slot;

void
hd_trust_learn(void) {
#if HD_RUBY < 400 && defined(HAVE_CONST_RUBY_FL_EXIVAR)
    // otherwise no flag says whether an object has instance variables that are stored separately
    if (!hd_layout()) return; // not known for this version
    hd_trusted_types = 1u << RUBY_T_OBJECT | 1u << RUBY_T_FLOAT;
    if (hd_can(HD_CAN_STORAGE)) hd_trusted_types |= 1u << RUBY_T_STRING | 1u << RUBY_T_ARRAY;
    if (hd_can(HD_CAN_HASH_ENTRIES)) hd_trusted_types |= 1u << RUBY_T_HASH;
#endif
}

static size_t
slot_size(const struct hd_pages *pages, VALUE obj) {
    for (size_t i = 0; i < pages->size; i++) {
        const struct hd_page *page = &pages->list[i];
        if (obj >= page->start && obj < page->end) return page->stride;
    }
    return 0;
}

void
hd_slots_learn(const struct hd_pages *pages, const VALUE *known, size_t size) {
    hd_types_in_slot = 0;
    if (!hd_can(HD_CAN_STORAGE)) return;
    for (size_t i = 0; i < size; i++) {
        // since 3.2 one whose shape is too complex has a table, and still counts as embedded
        if (HD_RUBY >= 302 && RB_BUILTIN_TYPE(known[i]) == RUBY_T_OBJECT) continue;
        unsigned type = 1u << RB_BUILTIN_TYPE(known[i]);
        size_t slot = slot_size(pages, known[i]);
        bool same = slot > 0 && hd_mri_memsize(known[i]) == slot;
        if (same && hd_trusted_types & type) hd_types_in_slot |= type;
    }
}
