/*
 * Place in the flow: see held_trails.h.
 */
#include "growth/held_trails.h"

enum { DEEPEST = 100 }; /* classes above another, as in Leaks::Signature */

bool
hg_held_trails_init(struct hg_held_trails *held, const struct hg_graph *graph,
                    const struct hg_parents *parents) {
    *held = (struct hg_held_trails){.graph = graph, .parents = parents};
    held->known = hg_array_sparse(graph->nodes, sizeof(*held->known));
    return held->known && hg_steps_init(&held->steps, graph) && hg_trails_init(&held->trails);
}

void
hg_held_trails_free(struct hg_held_trails *held) {
    hg_steps_free(&held->steps);
    hg_trails_free(&held->trails);
    hg_array_free(held->known);
    hg_numbers_free(&held->climbed);
    *held = (struct hg_held_trails){0};
}

/* -- steps -- */

static bool
is_module(const struct hg_graph *graph, uint32_t node) {
    return hg_type(graph, node) == HG_T_CLASS || hg_type(graph, node) == HG_T_MODULE;
}

static bool
is_labelled(const struct hg_graph *graph, uint32_t node, const char *label) {
    return !is_module(graph, node) && hg_string_is(graph, hg_label(graph, node), label);
}

/* Signature.anchor?: paths begin here, whatever is before. */
static bool
is_anchor(const struct hg_graph *graph, uint32_t node) {
    if (is_module(graph, node))
        return hg_label(graph, node) != HG_NO_STRING && !(hg_flags(graph, node) & HG_N_SINGLETON);
    return hg_type(graph, node) == HG_T_ROOT || hg_type(graph, node) == HG_T_VIRTUAL_ROOT ||
           hg_is_stack(graph, node);
}

/* Way.left_out? */
static bool
is_left_out(const struct hg_held_trails *held, uint32_t node) {
    const struct hg_graph *graph = held->graph;
    if (hg_type(graph, node) == HG_T_IMEMO) return hg_is_fields(graph, node);
    uint32_t name = hg_parent_name(held->parents, node);
    return hg_type(graph, node) == HG_T_ARRAY && hg_edge_kind(name) == HG_E_FIELD &&
           hg_string_is(graph, hg_edge_payload(name), "shared_root");
}

static bool
is_set(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_class(graph, node);
    for (int i = 0; i < DEEPEST && class != HG_NO_NODE; i++, class = hg_superclass(graph, class)) {
        if (is_module(graph, class) && hg_string_is(graph, hg_label(graph, class), "Set"))
            return true;
    }
    return false;
}

/* Whether a node is the Hash in which a Set has its elements. */
static bool
is_hash_of_set(const struct hg_held_trails *held, uint32_t node) {
    const struct hg_graph *graph = held->graph;
    uint32_t name = hg_parent_name(held->parents, node);
    if (hg_edge_kind(name) != HG_E_IVAR || !hg_string_is(graph, hg_edge_payload(name), "@hash"))
        return false;
    uint32_t from = hg_parent(held->parents, node);
    while (is_left_out(held, from) && hg_parent(held->parents, from) != HG_NO_NODE)
        from = hg_parent(held->parents, from);
    return is_set(graph, from);
}

/* Whether the way to a node that is on the path of others is no step. */
static bool
is_no_step(const struct hg_held_trails *held, uint32_t node) {
    return is_left_out(held, node) || is_hash_of_set(held, node);
}

/* The word for a node: of a module its name, of what has no name of a class what it is. */
static uint64_t
word_of(struct hg_held_trails *held, uint32_t node) {
    const struct hg_graph *graph = held->graph;
    uint64_t word = hg_steps_class(&held->steps, node);
    uint32_t label = hg_label(graph, node);
    if (is_module(graph, node))
        return label == HG_NO_STRING ? word
                                     : hg_steps_join(word, hg_steps_module(&held->steps, node));
    uint32_t class = hg_real_class(graph, node);
    if (class != HG_NO_NODE && hg_label(graph, class) != HG_NO_STRING) return word;
    return hg_steps_join(hg_steps_join(word, label), hg_type(graph, node));
}

/* The trail behind `before` to a node, HG_NO_TRAIL if there is no memory. */
static uint32_t
follow(struct hg_held_trails *held, uint32_t before, uint32_t node) {
    uint32_t name = hg_parent_name(held->parents, node);
    bool named = hg_step_is_named(name);
    if (hg_edge_is_element(name)) name = hg_edge_name(HG_E_INDEX, HG_PAYLOAD_NONE);
    uint64_t step = hg_steps_join(hg_steps_take(&held->steps, name, node), word_of(held, node));
    return hg_trails_follow(&held->trails, before, step, named);
}

/* The trail of a node that is on the path of others. */
static uint32_t
pass(struct hg_held_trails *held, uint32_t before, uint32_t node) {
    if (is_anchor(held->graph, node))
        return hg_trails_follow(&held->trails, 0, word_of(held, node), true);
    return is_no_step(held, node) ? before : follow(held, before, node);
}

/* -- paths -- */

/* What is known of a node that is on the path of others; 0 if there is no memory. */
static uint32_t
known_of(struct hg_held_trails *held, uint32_t node) {
    struct hg_numbers *climbed = &held->climbed;
    uint32_t known = 1; // the first trail
    climbed->count = 0;
    for (; node != HG_NO_NODE; node = hg_parent(held->parents, node)) {
        if (held->known[node]) {
            known = held->known[node];
            break;
        }
        hg_numbers_add(climbed, node);
    }
    if (climbed->failed) return 0;
    for (size_t i = climbed->count; i-- > 0;) {
        node = climbed->items[i];
        bool code = (known - 1) & 1 || is_labelled(held->graph, node, "iseq");
        uint32_t trail = pass(held, (known - 1) / 2, node);
        if (trail == HG_NO_TRAIL || held->steps.failed) return 0;
        held->known[node] = known = 1 + 2 * trail + code;
    }
    return known;
}

/* Whether what is held is code that was loaded, or belongs to it. */
static bool
is_code(const struct hg_held_trails *held, uint32_t node) {
    const struct hg_graph *graph = held->graph;
    if (is_module(graph, node) || is_labelled(graph, node, "iseq")) return true;
    uint32_t name = hg_parent_name(held->parents, node);
    return hg_edge_kind(name) == HG_E_FIELD &&
           hg_string_is(graph, hg_edge_payload(name), "constant_files");
}

bool
hg_held_trail(struct hg_held_trails *held, uint32_t node, struct hg_held_trail *trail) {
    *trail = (struct hg_held_trail){HG_NO_TRAIL, UINT32_MAX, HG_HELD_BY_NOTHING};
    if (node == HG_NO_NODE) return true;
    uint32_t parent = hg_parent(held->parents, node), cost = hg_parent_cost(held->parents, node);
    if (parent == HG_NO_NODE) return true;
    uint32_t known = known_of(held, parent);
    if (!known) return false;
    trail->trail = follow(held, (known - 1) / 2, node);
    trail->length = hg_path_length(cost);
    trail->by = (enum hg_held_by)hg_path_rank(cost);
    if ((known - 1) & 1 || is_code(held, node)) trail->by = HG_HELD_BY_CODE;
    return trail->trail != HG_NO_TRAIL && !held->steps.failed;
}

/* A path that is being folded. */
struct folding {
    struct hg_numbers *path;   /* the name before the first node is missing */
    struct hg_numbers *trails; /* of each node on it */
    size_t anchor;             /* nodes up to the last anchor, which remain */
};

static void
add_node(struct folding *folding, uint32_t name, uint32_t node, uint32_t trail) {
    if (folding->trails->count > 0) hg_numbers_add(folding->path, name);
    hg_numbers_add(folding->path, node);
    hg_numbers_add(folding->trails, trail);
}

/* Drops what is behind the first place where the path was on this trail, and that place. */
static void
lead_back(struct folding *folding, uint32_t trail) {
    while (folding->trails->count > folding->anchor &&
           folding->trails->items[folding->trails->count - 1] >= trail) {
        folding->trails->count--;
        folding->path->count -= 2;
    }
}

bool
hg_held_path(struct hg_held_trails *held, uint32_t node, struct hg_numbers *path) {
    struct hg_numbers *climbed = &held->climbed, trails = {0};
    struct folding folding = {path, &trails, 0};
    uint32_t virtual_root = held->graph->nodes - 1, before = 0;
    climbed->count = 0;
    for (uint32_t at = node; at != HG_NO_NODE && at != virtual_root;
         at = hg_parent(held->parents, at))
        hg_numbers_add(climbed, at);
    for (size_t i = climbed->count; i-- > 0 && before != HG_NO_TRAIL;) {
        uint32_t at = climbed->items[i], name = hg_parent_name(held->parents, at);
        bool anchor = at != node && is_anchor(held->graph, at);
        uint32_t trail = at == node ? follow(held, before, at) : pass(held, before, at);
        if (!anchor && (at == node || !is_no_step(held, at))) lead_back(&folding, trail);
        add_node(&folding, name, at, trail);
        if (anchor) folding.anchor = trails.count;
        before = trail;
    }
    bool fine = before != HG_NO_TRAIL && !climbed->failed && !trails.failed && !path->failed;
    hg_numbers_free(&trails);
    return fine;
}
