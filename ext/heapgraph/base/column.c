/* Place in the flow: below everything. See column.h. */
#include "base/column.h"

#include <sys/mman.h>
#include <unistd.h>

static inline uint64_t
number_at(const void *array, struct hg_number_kind kind, uint64_t i) {
    if (kind.size == 1) return ((const uint8_t *)array)[i];
    if (kind.size == 8) return ((const uint64_t *)array)[i];
    return hg_to_packed(((const uint32_t *)array)[i], kind.top);
}

static inline uint64_t
end_of(uint64_t frame, uint64_t count) {
    uint64_t end = (frame + 1) * HG_FRAME;
    return end < count ? end : count;
}

/* How many bits a frame's differences take. */
static unsigned
width_of(uint64_t difference) {
    return difference ? 64 - (unsigned)__builtin_clzll(difference) : 0;
}

static inline void
find_some(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from, uint64_t to,
          struct hg_frame *frames) {
    for (uint64_t frame = from; frame < to; frame++) {
        uint64_t begin = frame * HG_FRAME, end = end_of(frame, count);
        uint64_t least = number_at(array, kind, begin), most = least;
        if (kind.size == 8) least = 0; // its place is for 32 bits
        for (uint64_t i = begin + 1; i < end; i++) {
            uint64_t number = number_at(array, kind, i);
            if (number < least) least = number;
            if (number > most) most = number;
        }
        frames[frame] = (struct hg_frame){(uint32_t)least, width_of(most - least)};
    }
}

/* With constants for the kind, compilers make much faster loops. */
#define FOR_KIND(function, ...)                                                                    \
    switch (kind.size * 8 + kind.top) {                                                            \
    case 8:                                                                                        \
        function(array, (struct hg_number_kind){1, 0}, __VA_ARGS__);                               \
        break;                                                                                     \
    case 32:                                                                                       \
        function(array, (struct hg_number_kind){4, 0}, __VA_ARGS__);                               \
        break;                                                                                     \
    default:                                                                                       \
        function(array, kind, __VA_ARGS__);                                                        \
    }

void
hg_find_frames(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from,
               uint64_t to, struct hg_frame *frames){FOR_KIND(find_some, count, from, to, frames)}

uint64_t hg_place_frames(struct hg_frame *frames, uint64_t count) {
    uint64_t words = 0;
    for (uint64_t frame = 0; frame < count; frame++) {
        uint32_t width = frames[frame].begin;
        frames[frame].begin = (uint32_t)words;
        words += width;
        if (words > UINT32_MAX) return UINT64_MAX;
    }
    frames[count] = (struct hg_frame){0, (uint32_t)words};
    return words;
}

static inline void
pack_some(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from, uint64_t to,
          const struct hg_frame *frames, uint64_t *words) {
    for (uint64_t frame = from; frame < to; frame++) {
        unsigned width = frames[frame + 1].begin - frames[frame].begin, used = 0;
        if (width == 0) continue;
        uint64_t least = frames[frame].least, end = end_of(frame, count), word = 0;
        for (uint64_t i = frame * HG_FRAME; i < (frame + 1) * HG_FRAME; i++) {
            uint64_t difference = i < end ? number_at(array, kind, i) - least : 0;
            word |= difference << used;
            used += width;
            if (used < 64) continue;
            *words++ = word;
            used -= 64;
            word = used ? difference >> (width - used) : 0;
        }
    }
}

void
hg_pack_frames(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from,
               uint64_t to, const struct hg_frame *frames, uint64_t *words) {
    FOR_KIND(pack_some, count, from, to, frames, words)
}

/*
 * Lets the kernel take the pages from that of `from` to that before `to`. The first one may be in
 * use, which does no harm: it is only read.
 */
static void
let_go(const void *from, const void *to) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)from / page * page, end = (uintptr_t)to / page * page;
    if (begin < end) (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void
hg_column_let_go(const struct hg_column *column, uint64_t at) {
    if (!column->frame || at == 0 || at % HG_WINDOW) return;
    const struct hg_frame *to = &column->frame[at / HG_FRAME], *from = to - HG_WINDOW / HG_FRAME;
    let_go(column->word + from->begin, column->word + to->begin);
    let_go(from, to);
}
