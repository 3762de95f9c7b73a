/*
 * Place in the flow: see held_ways.h. Each object gets the number of its way; then the objects are
 * put into the order of their ways, so that the runs of one way need room at a time.
 */
#include "growth/held_ways.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "base/slots.h"

enum { FIRST_ROOM = 64 };

/* What tells ways apart. */
struct key {
    uint32_t trail, place, klass, by;
};

struct way {
    struct key key;
    uint32_t number, example, length; /* of its path */
    uint64_t objects, bytes;          /* of all runs */
    size_t begin;                     /* of its objects, in `order` */
};

struct finding {
    const struct hg_graph *graph;
    const struct hg_survivors *survivors;
    struct hg_task *task;
    struct hg_held_trails trails;
    struct way *ways;
    size_t count, room;
    struct hg_slots slots;
    uint32_t *way_of, *order;  /* by survivor: the number of its way; the survivors by their ways */
    uint64_t *objects, *bytes; /* by run, of one way */
    struct hg_held_ways *found;
};

static uint64_t
hash_of(const void *ways, uint32_t number) {
    const struct key *key = &((const struct way *)ways)[number].key;
    return hg_steps_join((uint64_t)key->trail << 32 | key->place,
                         (uint64_t)key->klass << 32 | key->by);
}

/* Adds to a sum of bytes, which remains at the largest number: an extension may say any size. */
static void
add_bytes(uint64_t *sum, uint64_t bytes) {
    *sum = *sum + bytes < bytes ? UINT64_MAX : *sum + bytes;
}

/* The way with this key, which is new if there is none. NULL if there is no memory. */
static struct way *
way_at(struct finding *finding, struct key key) {
    if (!hg_slots_grow(&finding->slots, finding->count, FIRST_ROOM, hash_of, finding->ways) ||
        !hg_grow(&finding->ways, finding->count, &finding->room, FIRST_ROOM,
                 sizeof(*finding->ways)))
        return NULL;
    struct way new = {.key = key, .number = (uint32_t)finding->count, .length = UINT32_MAX};
    size_t at = hg_slots_first(&finding->slots, hash_of(&new, 0));
    for (uint32_t number; (number = finding->slots.slot[at]);
         at = hg_slots_next(&finding->slots, at)) {
        struct way *way = &finding->ways[number - 1];
        if (memcmp(&way->key, &key, sizeof key) == 0) return way;
    }
    finding->ways[finding->count++] = new;
    finding->slots.slot[at] = (uint32_t)finding->count;
    return &finding->ways[finding->count - 1];
}

static bool
add(struct finding *finding, uint32_t index) {
    const struct hg_survivor *survivor = &finding->survivors->items[index];
    struct hg_held_trail trail;
    uint32_t node = hg_node_at(finding->graph, survivor->address);
    if (!hg_held_trail(&finding->trails, node, &trail)) return false;
    uint32_t place = finding->survivors->place[survivor->site];
    struct way *way = way_at(finding, (struct key){trail.trail, place, survivor->klass, trail.by});
    if (!way) return false;
    if (way->objects == 0 || trail.length < way->length) {
        way->example = index;
        way->length = trail.length;
    }
    way->objects++;
    add_bytes(&way->bytes, survivor->bytes);
    finding->way_of[index] = way->number;
    return true;
}

static enum hg_status
add_all(struct finding *finding) {
    size_t count = finding->survivors->count;
    finding->way_of = hg_array_raw(count, sizeof(*finding->way_of));
    finding->order = hg_array_raw(count, sizeof(*finding->order));
    if (!finding->way_of || !finding->order) return HG_NO_MEMORY;
    hg_phase(finding->task, "ways", count);
    for (size_t i = 0; i < count; i++) {
        if (i % HG_STRIDE == 0 && !hg_step(finding->task, i)) return HG_STOPPED;
        if (!add(finding, (uint32_t)i)) return HG_NO_MEMORY;
    }
    size_t begin = 0;
    for (size_t i = 0; i < finding->count; i++) {
        finding->ways[i].begin = begin;
        begin += finding->ways[i].objects;
    }
    for (size_t i = 0; i < count; i++) {
        finding->order[finding->ways[finding->way_of[i]].begin++] = (uint32_t)i;
    }
    for (size_t i = 0; i < finding->count; i++) finding->ways[i].begin -= finding->ways[i].objects;
    return HG_OK;
}

/* By reason, and then the largest first; of ways that are alike, that which was found first. */
static int
compare(const void *left, const void *right) {
    const struct way *a = left, *b = right;
    if (a->key.by != b->key.by) return a->key.by < b->key.by ? -1 : 1;
    if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
    if (a->objects != b->objects) return a->objects > b->objects ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* -- figures -- */

static void
sum_runs(struct finding *finding, const struct way *way) {
    uint32_t runs = finding->survivors->runs;
    memset(finding->objects, 0, runs * sizeof(*finding->objects));
    memset(finding->bytes, 0, runs * sizeof(*finding->bytes));
    for (size_t i = 0; i < way->objects; i++) {
        const struct hg_survivor *survivor =
            &finding->survivors->items[finding->order[way->begin + i]];
        finding->objects[survivor->run]++;
        add_bytes(&finding->bytes[survivor->run], survivor->bytes);
    }
}

static int
compare_numbers(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* The figure at an index of the sorted row, whose first ones are zeros. */
static uint64_t
figure_at(const uint64_t *others, uint32_t zeros, uint32_t index) {
    return index < zeros ? 0 : others[index - zeros];
}

/* As BlockReport::Words.median. Changes the figures: most ways have objects of few runs only. */
static uint64_t
median(uint64_t *figures, uint32_t runs) {
    uint32_t others = 0;
    for (uint32_t run = 0; run < runs; run++) {
        if (figures[run]) figures[others++] = figures[run];
    }
    if (2 * (uint64_t)others < runs) return 0;
    qsort(figures, others, sizeof(*figures), compare_numbers);
    uint32_t zeros = runs - others;
    uint64_t low = figure_at(figures, zeros, (runs - 1) / 2);
    return low + (figure_at(figures, zeros, runs / 2) - low) / 2; // their sum may be too much
}

static void
sum_up(struct finding *finding, const struct way *way) {
    struct hg_held_rest *rest = &finding->found->rest[way->key.by];
    uint32_t runs = finding->survivors->runs, runs_with = 0;
    uint64_t *sums = finding->found->rest_objects + (size_t)way->key.by * runs;
    for (uint32_t run = 0; run < runs; run++) {
        sums[run] += finding->objects[run];
        runs_with += finding->objects[run] > 0;
    }
    rest->ways++;
    rest->growing += runs > 1 && runs_with == runs;
    uint64_t objects = median(finding->objects, runs);
    rest->objects += objects;
    rest->few += objects ? 0 : way->objects;
    add_bytes(&rest->bytes, median(finding->bytes, runs));
}

static bool
give(struct finding *finding, const struct way *way) {
    struct hg_held_ways *found = finding->found;
    size_t runs = finding->survivors->runs, row = found->count * runs;
    uint64_t address = finding->survivors->items[way->example].address;
    if (way->key.trail != HG_NO_TRAIL &&
        !hg_held_path(&finding->trails, hg_node_at(finding->graph, address), &found->paths))
        return false;
    memcpy(found->objects + row, finding->objects, runs * sizeof(*found->objects));
    memcpy(found->bytes + row, finding->bytes, runs * sizeof(*found->bytes));
    found->ways[found->count++] = (struct hg_held_way){way->example, (enum hg_held_by)way->key.by,
                                                       found->paths.count};
    return true;
}

/* How many ways are given, which are sorted. */
static size_t
given(const struct finding *finding, uint32_t most) {
    size_t count = 0, alike = 0;
    for (size_t i = 0; i < finding->count; i++) {
        if (i > 0 && finding->ways[i].key.by != finding->ways[i - 1].key.by) alike = 0;
        count += alike++ < most;
    }
    return count;
}

static enum hg_status
give_all(struct finding *finding, uint32_t most) {
    struct hg_held_ways *found = finding->found;
    size_t runs = finding->survivors->runs, alike = 0;
    if (finding->count > 0) qsort(finding->ways, finding->count, sizeof(struct way), compare);
    size_t room = given(finding, most);
    found->ways = calloc(room + 1, sizeof(*found->ways));
    found->objects = hg_array(room * runs, sizeof(*found->objects));
    found->bytes = hg_array(room * runs, sizeof(*found->bytes));
    found->rest_objects = hg_array(HG_HELD_BY_ALL * runs, sizeof(*found->rest_objects));
    finding->objects = hg_array(runs, sizeof(*finding->objects));
    finding->bytes = hg_array(runs, sizeof(*finding->bytes));
    if (!found->ways || !found->objects || !found->bytes || !found->rest_objects ||
        !finding->objects || !finding->bytes)
        return HG_NO_MEMORY;
    for (size_t i = 0; i < finding->count; i++) {
        const struct way *way = &finding->ways[i];
        if (hg_stops(finding->task)) return HG_STOPPED;
        if (i > 0 && way->key.by != way[-1].key.by) alike = 0;
        sum_runs(finding, way);
        if (alike++ >= most) sum_up(finding, way);
        else if (!give(finding, way)) return HG_NO_MEMORY;
    }
    return HG_OK;
}

static void
free_finding(struct finding *finding) {
    hg_held_trails_free(&finding->trails);
    free(finding->ways);
    hg_slots_free(&finding->slots);
    hg_array_free(finding->way_of);
    hg_array_free(finding->order);
    hg_array_free(finding->objects);
    hg_array_free(finding->bytes);
}

enum hg_status
hg_held_ways_find(const struct hg_graph *graph, const struct hg_parents *parents,
                  const struct hg_survivors *survivors, uint32_t most, struct hg_task *task,
                  struct hg_held_ways *found) {
    *found = (struct hg_held_ways){0};
    struct finding finding = {.graph = graph, .survivors = survivors, .task = task, .found = found};
    enum hg_status status = HG_NO_MEMORY;
    if (hg_held_trails_init(&finding.trails, graph, parents)) status = add_all(&finding);
    if (status == HG_OK) status = give_all(&finding, most);
    free_finding(&finding);
    if (status != HG_OK) hg_held_ways_free(found);
    return status;
}

void
hg_held_ways_free(struct hg_held_ways *found) {
    free(found->ways);
    hg_array_free(found->objects);
    hg_array_free(found->bytes);
    hg_array_free(found->rest_objects);
    hg_numbers_free(&found->paths);
    *found = (struct hg_held_ways){0};
}
