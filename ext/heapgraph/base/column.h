/*
 * Columns: one number for each node or edge, as an array in memory or packed as in an index file.
 *
 * A packed column is cut into frames of 64 numbers. A frame has the least of its numbers, and of
 * each one the difference to that, in as many bits as the largest difference takes. So neighbours
 * that are close to each other take little room, and still any number is found at once.
 *
 *   frame[f].begin … frame[f+1].begin   the words of a frame: as many as its differences have bits
 *
 * Before numbers of 32 bits are packed, 1 is added, so that those of all ones (HG_NO_NODE,
 * HG_NO_STRING) become 0; and their upper `top` bits, which are a number of their own (the kind in
 * the name of an edge, the rank in a cost), become the lower ones.
 */
#ifndef HEAPGRAPH_COLUMN_H
#define HEAPGRAPH_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#define HG_FRAME 64u

struct hg_frame {
    uint32_t least;
    uint32_t begin; /* word */
};

/* A zeroed column has no numbers. */
struct hg_column {
    const void *array;            /* NULL if the column is packed */
    const struct hg_frame *frame; /* one more than the column has */
    const uint64_t *word;         /* with one more behind the last one */
};

/* What the numbers of a column are. */
struct hg_number_kind {
    uint8_t size; /* bytes in an array: 1, 4 or 8 */
    uint8_t top;  /* only with 4 bytes */
};

/* How many frames an array of `count` numbers is cut into. */
static inline uint64_t
hg_frames(uint64_t count) {
    return (count + HG_FRAME - 1) / HG_FRAME;
}

/* Finds frames `from` … `to`-1 of an array. Their `begin` is how many words each of them takes. */
void hg_find_frames(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from,
                    uint64_t to, struct hg_frame *frames);

/*
 * Places the words of `count` frames one behind the other, and adds the frame that is the end of
 * the last one. Returns how many words there are, UINT64_MAX if these are too many.
 */
uint64_t hg_place_frames(struct hg_frame *frames, uint64_t count);

/* Writes the words of frames `from` … `to`-1, which have their places. */
void hg_pack_frames(const void *array, struct hg_number_kind kind, uint64_t count, uint64_t from,
                    uint64_t to, const struct hg_frame *frames, uint64_t *words);

/* A number of a packed column as it is there. */
static inline uint64_t
hg_packed(const struct hg_column *column, uint64_t i) {
    const struct hg_frame *frame = &column->frame[i / HG_FRAME];
    unsigned width = frame[1].begin - frame[0].begin;
    if (width == 0) return frame->least;
    uint64_t bit = i % HG_FRAME * width;
    const uint64_t *word = column->word + frame->begin + bit / 64;
    uint64_t bits = word[0] >> bit % 64 | word[1] << 1 << (63 - bit % 64);
    return frame->least + (bits << (64 - width) >> (64 - width));
}

/* How many numbers behind number `i` are known to be the same without a look at each. */
static inline unsigned
hg_same_behind(const struct hg_column *column, uint64_t i) {
    if (column->array) return 0;
    const struct hg_frame *frame = &column->frame[i / HG_FRAME];
    return frame[0].begin == frame[1].begin ? HG_FRAME - 1 - i % HG_FRAME : 0;
}

/*
 * Whether it is known, without a look at each, that none of the numbers from `from` to `to`-1 of a
 * column of 32 bits is all ones. There is at least one such number.
 */
static inline int
hg_all_there(const struct hg_column *column, uint64_t from, uint64_t to) {
    if (!column->frame) return 0;
    uint64_t last = (to - 1) / HG_FRAME;
    for (uint64_t frame = from / HG_FRAME; frame <= last; frame++)
        if (column->frame[frame].least == 0) return 0;
    return 1;
}

/* A number of 32 bits as it is packed, and back. */
static inline uint32_t
hg_to_packed(uint32_t number, unsigned top) {
    return top ? ((number + 1) << top) | number >> (32 - top) : number + 1;
}

static inline uint32_t
hg_from_packed(uint32_t packed, unsigned top) {
    if (!top) return packed - 1;
    return (((packed >> top) - 1) & (UINT32_MAX >> top)) | packed << (32 - top);
}

static inline uint32_t
hg_u32(const struct hg_column *column, uint64_t i, unsigned top) {
    if (column->array) return ((const uint32_t *)column->array)[i];
    return hg_from_packed((uint32_t)hg_packed(column, i), top);
}

static inline uint8_t
hg_u8(const struct hg_column *column, uint64_t i) {
    if (column->array) return ((const uint8_t *)column->array)[i];
    return (uint8_t)hg_packed(column, i);
}

static inline uint64_t
hg_u64(const struct hg_column *column, uint64_t i) {
    if (column->array) return ((const uint64_t *)column->array)[i];
    return hg_packed(column, i);
}

/* A pass over columns lets go of what lies behind it in pieces of so many numbers. */
#define HG_WINDOW (UINT64_C(1) << 20)

/*
 * To be called in a pass over a column that has come to number `at`, for all multiples of HG_WINDOW
 * at least. If the column is in a mapped file, lets the kernel take the pages with the HG_WINDOW
 * numbers before `at`, so that a pass over any heap needs little memory: what is read again comes
 * from the page cache.
 */
void hg_column_let_go(const struct hg_column *column, uint64_t at);

/* Whether there are numbers in a column. */
static inline int
hg_has_column(const struct hg_column *column) {
    return column->array || column->frame;
}

#endif
