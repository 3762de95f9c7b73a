/*
 * What has been packed is found again, whatever the numbers are and however many: of each size and
 * kind, alike, near each other or far apart, and in any order in which frames are packed. A frame
 * takes as many words as its largest difference has bits.
 */
#include "base/array.h"
#include "base/column.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"

enum { MOST = 5 * HG_FRAME };

static const struct hg_number_kind kinds[] = {{1, 0}, {4, 0}, {4, 3}, {4, 5}, {8, 0}};

struct array {
    struct hg_number_kind kind;
    uint64_t count;
    union {
        uint8_t u8[MOST];
        uint32_t u32[MOST];
        uint64_t u64[MOST];
    } numbers;
};

/* A number with so many bits; often one of all zeroes or ones. */
static uint64_t
some_number(struct random *random, unsigned bits) {
    uint64_t all = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    if (random_chance(random, 5)) return 0;
    if (random_chance(random, 5)) return all;
    return random_next(random) & all;
}

static void
fill(struct array *array, struct random *random) {
    unsigned most = 8u * array->kind.size;
    unsigned bits = random_below(random, most + 1);
    uint64_t base = some_number(random, most);
    for (uint64_t i = 0; i < array->count; i++) {
        if (random_chance(random, 1)) bits = random_below(random, most + 1);
        uint64_t number = base + some_number(random, bits);
        if (array->kind.size == 1) array->numbers.u8[i] = (uint8_t)number;
        if (array->kind.size == 4) array->numbers.u32[i] = (uint32_t)number;
        if (array->kind.size == 8) array->numbers.u64[i] = number;
    }
}

static uint64_t
in_column(const struct hg_column *column, struct hg_number_kind kind, uint64_t i) {
    if (kind.size == 1) return hg_u8(column, i);
    return kind.size == 8 ? hg_u64(column, i) : hg_u32(column, i, kind.top);
}

/* The packed form of a number, by its definition. */
static uint64_t
packed_form(const struct array *array, uint64_t i) {
    if (array->kind.size == 1) return array->numbers.u8[i];
    if (array->kind.size == 8) return array->numbers.u64[i];
    unsigned top = array->kind.top;
    uint64_t number = array->numbers.u32[i], low = number % (UINT64_C(1) << (32 - top));
    uint64_t next = (low + 1) % (UINT64_C(1) << (32 - top));
    return (next << top) + (number >> (32 - top));
}

static void
check_widths(const struct array *array, const struct hg_frame *frames) {
    for (uint64_t frame = 0; frame < hg_frames(array->count); frame++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (uint64_t i = frame * HG_FRAME; i < (frame + 1) * HG_FRAME && i < array->count; i++) {
            uint64_t number = packed_form(array, i);
            if (number < least) least = number;
            if (number > most) most = number;
        }
        if (array->kind.size == 8) least = 0;
        unsigned width = 0;
        while (width < 64 && (most - least) >> width) width++;
        CHECK_EQUAL(width, frames[frame + 1].begin - frames[frame].begin);
    }
}

/* What is known of some numbers is so, and it is known if it is so for all of their frames. */
static void
check_all_there(const struct array *array, const struct hg_column *plain,
                const struct hg_column *packed, struct random *random) {
    if (!array->count) return;
    uint64_t from = random_below(random, (uint32_t)array->count);
    uint64_t to = from + 1 + random_below(random, (uint32_t)(array->count - from));
    bool there = true;
    for (uint64_t i = from / HG_FRAME * HG_FRAME; i / HG_FRAME <= (to - 1) / HG_FRAME; i++)
        there = there && (i >= array->count || array->numbers.u32[i] != UINT32_MAX);
    CHECK_EQUAL(there, hg_all_there(packed, from, to));
    CHECK_EQUAL(0, hg_all_there(plain, from, to));
}

static void
check_packed(const struct array *array, struct random *random) {
    uint64_t total = hg_frames(array->count), cut = random_below(random, (uint32_t)total + 1);
    struct hg_frame *frames = hg_array_raw(total + 1, sizeof(*frames));
    CHECK(frames);
    const void *numbers = &array->numbers;
    hg_find_frames(numbers, array->kind, array->count, cut, total, frames);
    hg_find_frames(numbers, array->kind, array->count, 0, cut, frames);
    uint64_t words = hg_place_frames(frames, total);
    CHECK_EQUAL(words, frames[total].begin);
    check_widths(array, frames);

    uint64_t *word = hg_array(words + 1, sizeof(*word));
    CHECK(word);
    hg_pack_frames(numbers, array->kind, array->count, cut, total, frames,
                   word + frames[cut].begin);
    hg_pack_frames(numbers, array->kind, array->count, 0, cut, frames, word);
    struct hg_column packed = {.frame = frames, .word = word}, plain = {.array = numbers};
    if (array->kind.size == 4 && !array->kind.top) check_all_there(array, &plain, &packed, random);
    for (uint64_t i = 0; i < array->count; i++) {
        CHECK_EQUAL(in_column(&plain, array->kind, i), in_column(&packed, array->kind, i));
        CHECK_EQUAL(0, hg_same_behind(&plain, i));
        unsigned same = hg_same_behind(&packed, i);
        for (uint64_t k = i; k <= i + same && k < array->count; k++)
            CHECK_EQUAL(in_column(&plain, array->kind, i), in_column(&plain, array->kind, k));
    }
    hg_array_free(frames);
    hg_array_free(word);
}

/* Bytes of mapped files that are in this process. */
static uint64_t
resident(void) {
    unsigned long long shared = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%*u %*u %llu", &shared) == 1);
    fclose(file);
    return shared * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A pass over a column in a mapped file keeps little of it in memory, and all numbers stay. */
static void
check_let_go(void) {
    enum { COUNT = 6 << 20, ROOM = 64 << 20, LITTLE = 8 << 20 };
    struct random random = {7};
    struct hg_number_kind kind = {4, 0};
    uint32_t *numbers = malloc(COUNT * sizeof(*numbers));
    FILE *file = tmpfile();
    CHECK(numbers && file && ftruncate(fileno(file), ROOM) == 0);
    for (uint32_t i = 0; i < COUNT; i++) numbers[i] = random_below(&random, 1 << 24);
    char *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    CHECK(memory != MAP_FAILED);
    struct hg_frame *frames = (void *)memory;
    uint64_t *words = (void *)(memory + ROOM / 4);
    hg_find_frames(numbers, kind, COUNT, 0, hg_frames(COUNT), frames);
    uint64_t size = 8 * hg_place_frames(frames, hg_frames(COUNT));
    hg_pack_frames(numbers, kind, COUNT, 0, hg_frames(COUNT), frames, words);
    CHECK(size > 2 * LITTLE && size + 8 < ROOM - ROOM / 4);
    CHECK_EQUAL(0, munmap(memory, ROOM));

    uint64_t before = resident(), most = 0;
    memory = mmap(NULL, ROOM, PROT_READ, MAP_SHARED, fileno(file), 0);
    CHECK(memory != MAP_FAILED);
    struct hg_column column = {.frame = (void *)memory, .word = (void *)(memory + ROOM / 4)};
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i % 16384 == 0) {
            hg_column_let_go(&column, i);
            if (resident() - before > most) most = resident() - before;
        }
        CHECK_EQUAL(numbers[i], hg_u32(&column, i, 0));
    }
    CHECK(most < LITTLE);
    for (uint32_t i = 0; i < COUNT; i += 997) CHECK_EQUAL(numbers[i], hg_u32(&column, i, 0));
    hg_column_let_go(&(struct hg_column){.array = numbers}, HG_WINDOW);
    CHECK_EQUAL(0, munmap(memory, ROOM));
    fclose(file);
    free(numbers);
}

int
main(void) {
    struct random random = {1};
    static struct array array;
    check_let_go();
    for (check_seed = 0; check_seed < 20000; check_seed++) {
        array.kind = kinds[random_below(&random, sizeof(kinds) / sizeof(*kinds))];
        array.count = random_below(&random, MOST + 1);
        fill(&array, &random);
        check_packed(&array, &random);
    }
    struct hg_column none = {0};
    CHECK(!hg_has_column(&none));

    /* More words than can be counted in 32 bits. */
    enum { FRAMES = 3 };
    struct hg_frame frames[FRAMES + 1] = {{0, UINT32_MAX / 2}, {0, UINT32_MAX / 2}, {0, 1}};
    CHECK_EQUAL(UINT32_MAX, hg_place_frames(frames, FRAMES));
    frames[0].begin = frames[1].begin = UINT32_MAX / 2;
    frames[2].begin = 2;
    CHECK_EQUAL(UINT64_MAX, hg_place_frames(frames, FRAMES));
    return 0;
}
