/*
 * The nodes of two indexes at the same addresses: as found by a look-up of each address.
 */
#include "base/array.h"
#include "base/numbers.h"
#include "records/index.h"
#include "../check.h"

/* Makes an index of some of the addresses that two heaps may have. */
static struct hg_index
make(struct random *random, unsigned percent, uint32_t *nodes) {
    enum { HEAP = 40 }; // units
    struct hg_units units;
    struct hg_seen_units seen;
    struct hg_index index;
    hg_units_init(&units);
    CHECK(hg_seen_units_init(&seen, &units));
    for (uint64_t unit = 0; unit < HEAP; unit++) {
        if (random_chance(random, 30)) continue;
        bool alone = random_chance(random, 10); // far from all others
        uint64_t begin = (alone ? random_next(random) >> 16 : unit + 1) << HG_UNIT_BITS;
        for (uint64_t at = 0; at < UINT64_C(1) << HG_UNIT_BITS; at += 8) {
            if (random_chance(random, percent)) CHECK(hg_place(&seen, begin + at) != HG_NO_PLACE);
        }
    }
    CHECK_EQUAL(HG_OK, hg_units_rank(&units, nodes));
    CHECK_EQUAL(HG_OK, hg_index_pack(&units, &index));
    hg_seen_units_free(&seen);
    hg_units_free(&units);
    return index;
}

static void
free_index(struct hg_index *index) {
    free((void *)index->key);
    free((void *)index->base);
    free((void *)index->bits);
}

/*
 * Regions of a heap that have the same places in a table which goes by the lowest bits. However
 * many units they have, each is found after a few looks.
 */
static void
test_regions(void) {
    enum { REGIONS = 4, UNITS = 3000, MOST = 64 };
    struct hg_units units;
    struct hg_seen_units seen;
    hg_units_init(&units);
    CHECK(hg_seen_units_init(&seen, &units));
    for (uint64_t region = 0; region < REGIONS; region++) {
        for (uint64_t unit = 0; unit < UNITS; unit++)
            CHECK(hg_place(&seen, (region << 36) + ((unit + 7) << HG_UNIT_BITS)) != HG_NO_PLACE);
    }
    CHECK_EQUAL(REGIONS * UNITS, seen.count);
    size_t run = 0, longest = 0;
    for (size_t i = 0; i < seen.room; i++) {
        run = seen.seen[i].key ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    CHECK(longest <= MOST);
    hg_seen_units_free(&seen);
    hg_units_free(&units);
}

int
main(void) {
    test_regions();
    struct random random = {1};
    for (check_seed = 0; check_seed < 300; check_seed++) {
        uint32_t nodes, of_other;
        struct hg_index index = make(&random, random_below(&random, 101), &nodes);
        struct hg_index other = make(&random, random_below(&random, 101), &of_other);
        uint32_t *same = hg_array_raw(nodes, sizeof(*same));
        CHECK(same);
        hg_index_match(&index, &other, same);
        for (uint32_t node = 0; node < nodes; node++)
            CHECK_EQUAL(hg_index_node(&other, hg_index_address(&index, node)), same[node]);
        hg_array_free(same);
        free_index(&index);
        free_index(&other);
    }
    return 0;
}
