/*
 * refs.c against a slow definition: an array of all references, each taken or not.
 */
#include "lines/refs.h"

#include <string.h>

#include "../../heapgraph/check.h"
#include "guard/foreign.h"
#include "mri/mri.h"

uint64_t check_seed;

enum { ROUNDS = 400, MOST = 120, STEPS = 300, MANY = HD_REFS_KEPT + 100 };

/* What MRI marks in this test, and whether this is a Ruby that is known. */
static VALUE marked[MANY];
static size_t marked_size;
static bool is_known;

bool
hd_mri_is_known(void) {
    return is_known;
}

unsigned hd_trusted_types; /* none: MRI is asked about each object */
unsigned hd_capabilities;
bool hd_careful;

void
hd_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data) {
    (void)obj;
    for (size_t i = 0; i < marked_size; i++) fn(marked[i], data);
}

struct slow {
    VALUE refs[MOST];
    bool taken[MOST];
    size_t size;
};

static size_t
count(const struct slow *slow, VALUE ref, bool taken) {
    size_t found = 0;
    for (size_t i = 0; i < slow->size; i++) {
        found += slow->refs[i] == ref && slow->taken[i] == taken;
    }
    return found;
}

static void
turn(struct slow *slow, VALUE ref, bool taken) {
    for (size_t i = 0; i < slow->size; i++) {
        if (slow->refs[i] != ref || slow->taken[i] == taken) continue;
        slow->taken[i] = taken;
        return;
    }
    CHECK(false);
}

/* Few different ones, so that some occur several times. */
static VALUE
some_ref(struct random *random) {
    return (VALUE)0x7f0000000000 + 40 * (VALUE)random_below(random, MOST);
}

/* Mostly the next ones in MRI's order, as a writer takes them. */
static VALUE
likely_ref(const struct slow *slow, size_t step, struct random *random) {
    if (slow->size == 0 || random_chance(random, 30)) return some_ref(random);
    return slow->refs[(step + random_below(random, 3)) % slow->size];
}

static void
take(struct hd_refs *refs, struct slow *slow, VALUE ref, bool left_only) {
    bool left = count(slow, ref, false) > 0, there = left || count(slow, ref, true) > 0;
    size_t before = refs->taken;
    if (left_only) CHECK_EQUAL(left, hd_refs_take_left(refs, ref));
    else CHECK_EQUAL(there, hd_refs_take(refs, ref));
    CHECK_EQUAL(left, refs->taken - before);
    if (left) turn(slow, ref, true);
}

static void
give_back(struct hd_refs *refs, struct slow *slow, VALUE ref) {
    if (count(slow, ref, true) == 0) return;
    hd_refs_give_back(refs, ref);
    turn(slow, ref, false);
}

struct left {
    struct hd_refs *refs;
    struct slow *slow;
    struct random *random;
};

static void
left_i(VALUE ref, void *data) {
    struct left *left = data;
    CHECK(count(left->slow, ref, false) > 0);
    take(left->refs, left->slow, ref, true);
    if (random_chance(left->random, 20)) take(left->refs, left->slow, some_ref(left->random), true);
}

static void
test_list(struct hd_refs *refs, struct random *random) {
    struct slow slow = {.size = random_below(random, random_chance(random, 50) ? 40 : MOST)};
    hd_refs_begin(refs);
    for (size_t i = 0; i < slow.size; i++) {
        slow.refs[i] = some_ref(random);
        CHECK(hd_refs_add(refs, slow.refs[i]));
    }
    size_t steps = random_below(random, STEPS);
    for (size_t i = 0; i < steps; i++) {
        VALUE ref = likely_ref(&slow, i, random);
        if (random_chance(random, 20)) give_back(refs, &slow, ref);
        else take(refs, &slow, ref, random_chance(random, 50));
    }
    struct left left = {refs, &slow, random};
    hd_refs_each_left(refs, left_i, &left);
    for (size_t i = 0; i < slow.size; i++) CHECK(slow.taken[i]);
    CHECK_EQUAL(slow.size, refs->taken);
}

/* A list that is too long is added up, but only where that is allowed. */
static void
test_sum(struct hd_refs *refs, struct random *random, size_t size, bool exact, bool known) {
    struct RBasic array = {.flags = RUBY_T_ARRAY};
    bool summing = size >= HD_REFS_KEPT && !exact && known;
    marked_size = size;
    is_known = known;
    for (size_t i = 0; i < size; i++) marked[i] = some_ref(random);
    hd_refs_collect(refs, (VALUE)&array, exact);
    CHECK(!refs->failed);
    CHECK_EQUAL(summing, refs->summing);
    CHECK_EQUAL(!summing, refs->complete);
    CHECK_EQUAL(!summing, hd_refs_settled(refs));
    for (size_t i = 0; i < size; i++) {
        CHECK_EQUAL(!summing, hd_refs_settled(refs));
        CHECK(hd_refs_take(refs, marked[size - 1 - i]));
    }
    CHECK(hd_refs_settled(refs));
    CHECK(hd_refs_take(refs, marked[0])); // one too many is no reference of the object
    CHECK_EQUAL(!summing, hd_refs_settled(refs));
}

int
main(void) {
    struct hd_refs refs;
    struct random random = {1};
    CHECK_EQUAL(0, hd_refs_init(&refs));
    for (check_seed = 0; check_seed < ROUNDS; check_seed++) {
        random = (struct random){check_seed};
        test_list(&refs, &random);
    }
    for (int exact = 0; exact < 2; exact++) {
        for (int known = 0; known < 2; known++) {
            test_sum(&refs, &random, HD_REFS_KEPT - 1, exact, known);
            test_sum(&refs, &random, MANY, exact, known);
        }
    }
    hd_refs_free(&refs);
    CHECK(!refs.list && refs.size == 0);
    hd_refs_free(&refs); // of nothing
    return 0;
}
