/*
 * The trails of dumps whose paths are found beside each other, against those of each path, followed
 * step by step and dump by dump.
 */
#include <string.h>

#include "../builder.h"
#include "growth/growth.h"
#include "growth/growth_follow.h"

enum { DUMPS = 3 };

static struct hg_task task;
static struct builder builder[DUMPS];
static const struct hg_graph *graph[DUMPS];
static struct hg_own_ways own[DUMPS];
static struct hg_parents paths[DUMPS];

/* Makes some objects arrays that share the buffer of another. */
static void
share_buffers(struct builder *made, struct random *random) {
    for (uint32_t node = 0; node < made->graph.objects; node++) {
        if (made->type[node] != HG_T_OBJECT || random_below(random, 4)) continue;
        for (uint32_t e = made->first[node]; e < made->first[node + 1]; e++) {
            uint32_t target = made->target[e];
            if (target >= made->graph.objects || made->type[target] != HG_T_OBJECT) continue;
            made->type[node] = made->type[target] = HG_T_ARRAY;
            made->name[e] = hg_edge_name(HG_E_FIELD, STRING_SHARED_ROOT);
            break;
        }
    }
}

/*
 * Adds the first dumps. Only the last of them keeps its ways. Those that have a bit in `known` are
 * given with their ways.
 */
static void
add(struct hg_growth *growth, uint32_t dumps, unsigned known) {
    struct hg_rules rules = {0};
    struct hg_growth_source sources[DUMPS];
    for (uint32_t i = 0; i < dumps; i++) {
        sources[i] = (struct hg_growth_source){.graph = graph[i]};
        if (known >> i & 1) sources[i] = (struct hg_growth_source){graph[i], &own[i], &paths[i]};
    }
    CHECK_EQUAL(HG_OK, hg_growth_init(growth, &rules));
    CHECK_EQUAL(HG_OK, hg_growth_add(growth, sources, dumps, &task));
    CHECK_EQUAL(dumps, growth->dumps);
}

/* Compares the last dump of a growth with that where all ways were given, or none. */
static void
check_known(const struct hg_growth *growth, uint32_t dumps, unsigned known) {
    struct hg_growth other;
    add(&other, dumps, known);
    const struct hg_growth_dump *a = &growth->dump[dumps - 1], *b = &other.dump[dumps - 1];
    uint32_t nodes = a->graph->nodes;
    CHECK_EQUAL(a->trails, b->trails);
    CHECK_EQUAL(a->firsts, b->firsts);
    CHECK_EQUAL(a->ways.reached, b->ways.reached);
    CHECK(!memcmp(a->trail, b->trail, nodes * sizeof(*a->trail)));
    CHECK(!memcmp(a->sum, b->sum, a->trails * sizeof(*a->sum)));
    for (uint32_t i = 0; i < a->firsts; i++) {
        CHECK_EQUAL(a->first[i].node, b->first[i].node);
        CHECK_EQUAL(a->first[i].above, b->first[i].above);
        CHECK_EQUAL(a->first[i].kind, b->first[i].kind);
    }
    CHECK(!memcmp(a->ways.order, b->ways.order, a->ways.reached * sizeof(*a->ways.order)));
    CHECK(!memcmp(a->ways.parent, b->ways.parent, nodes * sizeof(*a->ways.parent)));
    CHECK(!memcmp(a->ways.name, b->ways.name, nodes * sizeof(*a->ways.name)));
    CHECK(!memcmp(a->ways.rank, b->ways.rank, nodes));
    CHECK(!memcmp(a->ways.module, b->ways.module, nodes));
    for (uint32_t trail = 1; trail < growth->trails.count; trail++) {
        CHECK_EQUAL(growth->facts[trail].class, other.facts[trail].class);
        CHECK_EQUAL(growth->facts[trail].rank, other.facts[trail].rank);
        CHECK_EQUAL(growth->facts[trail].marks, other.facts[trail].marks);
    }
    hg_growth_free(&other);
}

/* Follows all paths of a dump, which is the last one of a growth, and compares each trail. */
static void
follow(struct hg_trails *trails, const struct hg_growth_dump *last, uint32_t *trail) {
    const struct hg_ways *ways = &last->ways;
    struct hg_best_paths paths = {last->graph, hg_ways_parents(ways)};
    struct hg_steps steps;
    CHECK(hg_steps_init(&steps, last->graph));
    memset(trail, 0xff, last->graph->nodes * sizeof(*trail));
    for (uint32_t i = 0; i < ways->reached; i++) {
        uint32_t node = ways->order[i], before = hg_trail_before(&paths, node);
        trail[node] = 0;
        if (ways->module[node]) trail[node] = hg_trail_begin(trails, &steps, node);
        else if (before != HG_NO_NODE)
            trail[node] = hg_trail_follow(trails, &steps, &paths, trail[before], node);
    }
    for (uint32_t node = 0; node < last->graph->nodes; node++)
        CHECK_EQUAL(trail[node], last->trail[node]);
    CHECK_EQUAL(trails->count, last->trails);
    hg_steps_free(&steps);
}

static void
check_dumps(void) {
    struct hg_trails trails;
    struct hg_growth growth[DUMPS];
    CHECK(hg_trails_init(&trails));
    for (uint32_t i = 0; i < DUMPS; i++) {
        uint32_t *trail = malloc(graph[i]->nodes * sizeof(*trail));
        add(&growth[i], i + 1, 0);
        check_known(&growth[i], i + 1, 1 + (unsigned)check_seed % 7);
        follow(&trails, &growth[i].dump[i], trail);
        free(trail);
        for (uint32_t k = 0; k < i; k++) {
            const struct hg_growth_dump *one = &growth[k].dump[k], *same = &growth[i].dump[k];
            CHECK_EQUAL(one->trails, same->trails);
            CHECK_EQUAL(one->firsts, same->firsts);
            CHECK(!memcmp(one->trail, same->trail, graph[k]->nodes * sizeof(*one->trail)));
            CHECK(!memcmp(one->sum, same->sum, one->trails * sizeof(*one->sum)));
        }
    }
    for (uint32_t i = 0; i < DUMPS; i++) hg_growth_free(&growth[i]);
    hg_trails_free(&trails);
}

int
main(void) {
    for (check_seed = 1; check_seed <= check_seeds(300); check_seed++) {
        struct random random = {check_seed};
        for (uint32_t i = 0; i < DUMPS; i++) {
            graph[i] = build_random(&builder[i], (enum shape)(check_seed % SHAPES),
                                    random_below(&random, check_seed % 10 ? 60 : 3000), &random);
            if (check_seed % 2) share_buffers(&builder[i], &random);
        }
        for (uint32_t i = 0; i < DUMPS; i++) {
            CHECK_EQUAL(HG_OK, hg_parents_build(graph[i], &task, &paths[i]));
            CHECK_EQUAL(HG_OK, hg_own_ways_build(graph[i], &paths[i], &task, &own[i]));
        }
        check_dumps();
        for (uint32_t i = 0; i < DUMPS; i++) {
            hg_own_ways_free(&own[i]);
            hg_parents_free(&paths[i]);
            build_free(&builder[i]);
        }
    }
    return 0;
}
