/*
 * Place in the flow: see held.h.
 */
#include "growth/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "base/slots.h"
#include "growth/growth_follow.h"

enum {
    DEEPEST = 100, /* classes above another, as in Leaks::Signature */
    FIRST_ROOM = 64,
};

/* All that tells objects apart. There is nothing between the fields: it is compared as bytes. */
struct key {
    uint64_t step;          /* to the object; 0 if nothing holds it */
    uint32_t trail;         /* of the path to its holder */
    uint32_t node;          /* of a class or module, as each has a way of its own */
    uint32_t rank_and_code; /* of the path, and whether code is on it */
    uint32_t site, klass, run;
};
_Static_assert(sizeof(struct key) == 32, "no padding");

/* Some keys, each with its number. */
struct keys {
    struct key *items;
    size_t count, room;
    struct hg_slots slots;
};

struct finding {
    const struct hg_graph *graph;
    const struct hg_parents *parents;
    struct hg_steps steps;
    struct hg_trails trails;
    uint32_t *known; /* by node, 0 if it is not known: 1 + 2 × its trail + 1 if code is on it */
    struct hg_numbers climbed;
    struct keys ways, held;  /* the former without runs */
    struct hg_numbers first; /* by way: the first item */
    struct hg_held_list *list;
};

static bool
is_module(const struct hg_graph *graph, uint32_t node) {
    return hg_type(graph, node) == HG_T_CLASS || hg_type(graph, node) == HG_T_MODULE;
}

static bool
is_labelled(const struct hg_graph *graph, uint32_t node, const char *label) {
    return !is_module(graph, node) && hg_string_is(graph, hg_label(graph, node), label);
}

/* Signature.anchor? */
static bool
is_anchor(const struct hg_graph *graph, uint32_t node) {
    if (is_module(graph, node)) {
        return hg_label(graph, node) != HG_NO_STRING && !(hg_flags(graph, node) & HG_N_SINGLETON);
    }
    return hg_type(graph, node) == HG_T_ROOT || hg_type(graph, node) == HG_T_VIRTUAL_ROOT ||
           is_labelled(graph, node, "VM/thread") || is_labelled(graph, node, "fiber");
}

/* Way.left_out? */
static bool
is_left_out(const struct finding *finding, uint32_t node) {
    const struct hg_graph *graph = finding->graph;
    if (hg_type(graph, node) == HG_T_IMEMO) return hg_is_fields(graph, node);
    uint32_t name = hg_parent_name(finding->parents, node);
    return hg_type(graph, node) == HG_T_ARRAY && hg_edge_kind(name) == HG_E_FIELD &&
           hg_string_is(graph, hg_edge_payload(name), "shared_root");
}

static uint32_t
superclass(const struct hg_graph *graph, uint32_t class) {
    for (uint64_t edge = hg_first(graph, class), end = hg_first(graph, class + 1); edge < end;
         edge++) {
        uint32_t name = hg_name(graph, edge);
        if (hg_edge_kind(name) == HG_E_FIELD &&
            hg_string_is(graph, hg_edge_payload(name), "superclass"))
            return hg_target(graph, edge);
    }
    return HG_NO_NODE;
}

static bool
is_set(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_class(graph, node);
    for (int i = 0; i < DEEPEST && class != HG_NO_NODE; i++, class = superclass(graph, class)) {
        if (is_module(graph, class) && hg_string_is(graph, hg_label(graph, class), "Set"))
            return true;
    }
    return false;
}

/* Whether a node is the Hash in which a Set has its elements, for which a signature has no word. */
static bool
is_hash_of_set(const struct finding *finding, uint32_t node) {
    const struct hg_graph *graph = finding->graph;
    uint32_t name = hg_parent_name(finding->parents, node);
    if (hg_edge_kind(name) != HG_E_IVAR || !hg_string_is(graph, hg_edge_payload(name), "@hash"))
        return false;
    uint32_t from = hg_parent(finding->parents, node);
    while (is_left_out(finding, from) && hg_parent(finding->parents, from) != HG_NO_NODE)
        from = hg_parent(finding->parents, from);
    return is_set(graph, from);
}

/* The word for a node: of a module its name, of what has no class also what C calls it. */
static uint64_t
word_of(struct finding *finding, uint32_t node) {
    const struct hg_graph *graph = finding->graph;
    uint64_t word = hg_steps_class(&finding->steps, node);
    uint32_t label = hg_label(graph, node);
    if (label == HG_NO_STRING) return word;
    if (is_module(graph, node)) return hg_steps_join(word, hg_steps_module(&finding->steps, node));
    if (hg_class(graph, node) == HG_NO_NODE) return hg_steps_join(word, label);
    return word;
}

/* The step to a node. All elements have one word. */
static uint64_t
step_to(struct finding *finding, uint32_t node, uint32_t name) {
    if (hg_edge_is_element(name)) name = hg_edge_name(HG_E_INDEX, HG_PAYLOAD_NONE);
    return hg_steps_join(hg_steps_take(&finding->steps, name, node), word_of(finding, node));
}

/* The trail of a node on the path of others, if that of its parent is `before`. */
static uint32_t
trail_through(struct finding *finding, uint32_t before, uint32_t node) {
    uint32_t name = hg_parent_name(finding->parents, node);
    if (is_anchor(finding->graph, node))
        return hg_trails_follow(&finding->trails, 0, word_of(finding, node), true);
    if (is_left_out(finding, node) || is_hash_of_set(finding, node)) return before;
    return hg_trails_follow(&finding->trails, before, step_to(finding, node, name),
                            hg_step_is_named(name));
}

/* What is known of a node that is on the path of others; 0 if there is no memory. */
static uint32_t
known_of(struct finding *finding, uint32_t node) {
    struct hg_numbers *climbed = &finding->climbed;
    uint32_t known = 1; // the first trail
    climbed->count = 0;
    for (; node != HG_NO_NODE; node = hg_parent(finding->parents, node)) {
        if (finding->known[node]) {
            known = finding->known[node];
            break;
        }
        hg_numbers_add(climbed, node);
    }
    if (climbed->failed) return 0;
    for (size_t i = climbed->count; i-- > 0;) {
        node = climbed->items[i];
        bool code = (known - 1) & 1 || is_labelled(finding->graph, node, "iseq");
        uint32_t trail = trail_through(finding, (known - 1) / 2, node);
        if (trail == HG_NO_TRAIL || finding->steps.failed) return 0;
        finding->known[node] = known = 1 + 2 * trail + code;
    }
    return known;
}

/* Says of a key how its object is held. Returns false if there is no memory. */
static bool
say_how(struct finding *finding, uint64_t address, struct key *key) {
    const struct hg_graph *graph = finding->graph;
    uint32_t node = hg_node_at(graph, address);
    if (node == HG_NO_NODE) return true;
    uint32_t parent = hg_parent(finding->parents, node);
    if (parent == HG_NO_NODE) return true;
    uint32_t known = known_of(finding, parent);
    if (!known) return false;
    key->trail = (known - 1) / 2;
    key->step = step_to(finding, node, hg_parent_name(finding->parents, node)) | 1;
    key->node = is_module(graph, node) ? node : HG_NO_NODE;
    bool code = (known - 1) & 1 || is_labelled(graph, node, "iseq");
    key->rank_and_code = 2 * (uint32_t)hg_path_rank(hg_parent_cost(finding->parents, node)) + code;
    return !finding->steps.failed;
}

static uint64_t
hash_of(const void *items, uint32_t number) {
    const struct key *key = (const struct key *)items + number;
    uint64_t hash = hg_steps_join(key->step, (uint64_t)key->trail << 32 | key->node);
    hash = hg_steps_join(hash, (uint64_t)key->site << 32 | key->klass);
    return hg_steps_join(hash, (uint64_t)key->run << 32 | key->rank_and_code);
}

/* The number of a key, which is the next one if it is new; UINT32_MAX if there is no memory. */
static uint32_t
number_of(struct keys *keys, const struct key *key) {
    if (!hg_slots_grow(&keys->slots, keys->count, FIRST_ROOM, hash_of, keys->items) ||
        !hg_grow(&keys->items, keys->count, &keys->room, FIRST_ROOM, sizeof(*key)))
        return UINT32_MAX;
    size_t at = hg_slots_first(&keys->slots, hash_of(key, 0));
    for (uint32_t number; (number = keys->slots.slot[at]); at = hg_slots_next(&keys->slots, at)) {
        if (memcmp(&keys->items[number - 1], key, sizeof(*key)) == 0) return number - 1;
    }
    keys->items[keys->count++] = *key;
    return keys->slots.slot[at] = (uint32_t)keys->count, (uint32_t)keys->count - 1;
}

/* The item with this number, which is new if there is none yet. */
static struct hg_held *
item_at(struct finding *finding, uint32_t number, uint32_t way, uint32_t first) {
    struct hg_held_list *list = finding->list;
    if (number == UINT32_MAX || way == UINT32_MAX) return NULL;
    if (!hg_grow(&list->items, list->count, &list->room, FIRST_ROOM, sizeof(*list->items)))
        return NULL;
    if (way == finding->first.count) hg_numbers_add(&finding->first, first);
    if (finding->first.failed) return NULL;
    if (number == list->count) {
        list->items[list->count++] = (struct hg_held){.first = first,
                                                      .way = finding->first.items[way]};
    }
    return &list->items[number];
}

static bool
add(struct finding *finding, const struct hg_asked *asked, uint32_t index) {
    struct key key = {
        .trail = HG_NO_TRAIL, .node = HG_NO_NODE, .site = asked->site, .klass = asked->klass};
    if (!say_how(finding, asked->address, &key)) return false;
    uint32_t way = number_of(&finding->ways, &key);
    key.run = asked->run;
    struct hg_held *item = item_at(finding, number_of(&finding->held, &key), way, index);
    if (!item) return false;
    item->objects++;
    item->bytes += asked->bytes;
    return true;
}

static void
free_keys(struct keys *keys) {
    free(keys->items);
    hg_slots_free(&keys->slots);
}

enum hg_status
hg_held_find(const struct hg_graph *graph, const struct hg_parents *parents,
             const struct hg_asked *asked, size_t count, struct hg_task *task,
             struct hg_held_list *list) {
    *list = (struct hg_held_list){0};
    struct finding finding = {.graph = graph, .parents = parents, .list = list};
    finding.known = hg_array_sparse(graph->nodes, sizeof(*finding.known));
    bool fine = hg_steps_init(&finding.steps, graph) && hg_trails_init(&finding.trails) &&
                finding.known && count < UINT32_MAX;
    enum hg_status status = fine ? HG_OK : HG_NO_MEMORY;
    hg_phase(task, "ways", count);
    for (size_t i = 0; i < count && status == HG_OK; i++) {
        if (i % HG_STRIDE == 0 && !hg_step(task, i)) status = HG_STOPPED;
        else if (!add(&finding, &asked[i], (uint32_t)i)) status = HG_NO_MEMORY;
    }
    hg_steps_free(&finding.steps);
    hg_trails_free(&finding.trails);
    hg_array_free(finding.known);
    hg_numbers_free(&finding.climbed);
    hg_numbers_free(&finding.first);
    free_keys(&finding.ways);
    free_keys(&finding.held);
    if (status != HG_OK) hg_held_free(list);
    return status;
}

void
hg_held_free(struct hg_held_list *list) {
    free(list->items);
    *list = (struct hg_held_list){0};
}
