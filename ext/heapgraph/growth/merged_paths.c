/*
 * Place in the flow: see merged_paths.h; merging.h is shared with merged_cut.c. First each member
 * finds its trail; then the trails with most members become branches; then each member is counted
 * in the branches that it is below.
 */
#include "growth/merged_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/best.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "growth/merging.h"

/* Fills in the place of a trail, if it is new, from the first node on it. */
static bool
note_place(struct hg_merging *merging, uint32_t trail, uint32_t node, uint32_t name) {
    if (trail < merging->known) return true;
    if (!hg_grow(&merging->places, trail, &merging->room, 256, sizeof(*merging->places)))
        return false;
    merging->places[trail] = (struct hg_merged_place){
        .node = node, .name = name, .rest = HG_NO_NODE};
    merging->known = trail + 1;
    return true;
}

/*
 * The trail of a node by the edge from its parent; `before` is hg_trail_before. HG_NO_TRAIL if
 * there is no memory.
 */
static uint32_t
follow(struct hg_merging *merging, uint32_t before, uint32_t node) {
    uint32_t trail = hg_trail_follow(&merging->trails, &merging->steps, &merging->paths,
                                     merging->trail[before] - 1, node);
    if (trail == HG_NO_TRAIL || merging->steps.failed) return HG_NO_TRAIL;
    uint32_t name = hg_edge_without_key(hg_parent_name(&merging->paths.parents, node));
    return note_place(merging, trail, node, name) ? trail : HG_NO_TRAIL;
}

/* Finds the trail of a node on whose path all nodes before it have theirs. */
static bool
find_next(struct hg_merging *merging, uint32_t node) {
    uint32_t trail = 0; // the virtual root
    if (hg_parent_module(&merging->paths.parents, node)) {
        uint32_t none = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE);
        trail = hg_trail_begin(&merging->trails, &merging->steps, node);
        if (trail == HG_NO_TRAIL || !note_place(merging, trail, node, none)) return false;
    }
    else if (hg_parent(&merging->paths.parents, node) != HG_NO_NODE)
        trail = follow(merging, hg_trail_before(&merging->paths, node), node);
    merging->trail[node] = trail + 1;
    return trail != HG_NO_TRAIL;
}

bool
hg_merging_trail(struct hg_merging *merging, uint32_t node) {
    merging->stack.count = 0;
    for (uint32_t at = node; at != HG_NO_NODE && !merging->trail[at];) {
        hg_numbers_add(&merging->stack, at);
        at = hg_parent_module(&merging->paths.parents, at) ? HG_NO_NODE
                                                           : hg_trail_before(&merging->paths, at);
    }
    if (merging->stack.failed) return false;
    for (size_t i = merging->stack.count; i-- > 0;)
        if (!find_next(merging, merging->stack.items[i])) return false;
    return true;
}

/*
 * The trail of a member. Paths begin at a named module, but the path to one leads from what holds
 * it. Members often have the same parent as the one before.
 */
static uint32_t
trail_of_member(struct hg_merging *merging, uint32_t node) {
    uint32_t parent = hg_parent(&merging->paths.parents, node);
    if (parent != merging->parent) {
        merging->parent = parent;
        merging->above = hg_trail_before(&merging->paths, node);
    }
    return hg_merging_trail(merging, merging->above) ? follow(merging, merging->above, node)
                                                     : HG_NO_TRAIL;
}

static inline uint32_t
first_bit(uint64_t bits) {
    return (uint32_t)__builtin_ctzll(bits);
}

/* Of the columns that a pass over nodes looks at. */
static void
let_go_behind(const struct hg_merging *merging, uint32_t word) {
    const struct hg_parents *parents = &merging->paths.parents;
    uint64_t node = word * UINT64_C(64);
    hg_column_let_go(&merging->tree->position, node);
    hg_column_let_go(&merging->graph->class_node, node);
    hg_column_let_go(&parents->parent, node);
    hg_column_let_go(&parents->name, node);
    hg_column_let_go(&parents->cost, node);
    hg_column_let_go(&parents->module, node);
}

/* Marks the positions of members that something holds. */
static enum hg_status
mark_live(struct hg_merging *merging, struct hg_merged_paths *merged) {
    const struct hg_tree *tree = merging->tree;
    hg_phase(merging->task, "members", merging->graph->objects);
    for (uint32_t word = 0; word <= merging->graph->objects / 64; word++) {
        if (word % HG_STRIDE == 0) {
            if (!hg_step(merging->task, word * UINT64_C(64))) return HG_STOPPED;
            let_go_behind(merging, word);
        }
        for (uint64_t bits = merging->member[word]; bits; bits &= bits - 1) {
            uint32_t node = word * 64 + first_bit(bits), at = hg_position(tree, node);
            if (at != HG_NO_NODE && !hg_merging_released(merging, node)) {
                merging->at[at / 64] |= UINT64_C(1) << at % 64;
                continue;
            }
            uint64_t bytes = hg_memsize(merging->graph, node);
            *(at == HG_NO_NODE ? &merged->garbage : &merged->released) += 1;
            *(at == HG_NO_NODE ? &merged->garbage_bytes : &merged->released_bytes) += bytes;
            merging->member[word] &= ~(bits & -bits);
        }
    }
    uint32_t count = 0;
    for (uint32_t word = 0; word <= tree->reached / 64; word++) {
        merging->before[word] = count;
        count += hg_popcount(merging->at[word]);
    }
    merging->live = hg_array_raw(count, sizeof(*merging->live));
    return merging->live ? HG_OK : HG_NO_MEMORY;
}

static enum hg_status
find_trails(struct hg_merging *merging) {
    const struct hg_graph *graph = merging->graph;
    uint32_t none = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE);
    if (!note_place(merging, 0, graph->nodes - 1, none)) return HG_NO_MEMORY;
    hg_phase(merging->task, "trails", graph->objects);
    for (uint32_t word = 0; word <= graph->objects / 64; word++) {
        if (word % HG_STRIDE == 0) {
            if (!hg_step(merging->task, word * UINT64_C(64))) return HG_STOPPED;
            let_go_behind(merging, word);
        }
        for (uint64_t bits = merging->member[word]; bits; bits &= bits - 1) {
            uint32_t node = word * 64 + first_bit(bits);
            uint32_t trail = trail_of_member(merging, node);
            if (trail == HG_NO_TRAIL) return HG_NO_MEMORY;
            merging->places[trail].members++;
            if (!merging->counts) continue;
            uint32_t at = hg_position(merging->tree, node);
            uint64_t below = merging->at[at / 64] & ((UINT64_C(1) << at % 64) - 1);
            merging->live[merging->before[at / 64] + hg_popcount(below)] = (struct hg_live_member){
                node, trail};
        }
    }
    return HG_OK;
}

/* Adds the members of each trail to those of the trails above it. A trail is behind its parent. */
static void
sum_up(struct hg_merging *merging) {
    struct hg_merged_place *places = merging->places;
    for (uint32_t trail = merging->known - 1; trail > 0; trail--) {
        struct hg_merged_place *above = &places[merging->trails.items[trail].parent];
        above->members += places[trail].members;
        above->below += places[trail].members > 0;
    }
}

/*
 * Sorts the trails that have members, those with most first, and equal ones by number. So a parent
 * comes before its children. Returns false if there is no memory.
 */
static bool
sort_trails(const struct hg_merging *merging, struct hg_best *best) {
    for (uint32_t trail = 0; trail < merging->known; trail++) {
        uint64_t members = merging->places[trail].members;
        if (trail && !members) continue;
        if (!hg_best_offer(best, members, trail)) return false;
    }
    hg_best_sort(best);
    return true;
}

/* Gives numbers to the trails that become branches, and then to the rests. Returns how many. */
static uint32_t
choose(struct hg_merging *merging, const struct hg_best *best, uint32_t limit) {
    struct hg_merged_place *places = merging->places;
    size_t used = 0;
    uint32_t branches = 0;
    if (limit < 2) limit = 2;
    for (size_t i = 0; i < best->count; i++) {
        uint32_t trail = best->items[i].node;
        struct hg_merged_place *place = &places[trail];
        struct hg_merged_place *above = trail ? &places[merging->trails.items[trail].parent] : NULL;
        // it needs a branch, and one for its rest; its parent may need none for its own any more
        used += 1 + (place->below > 0) - (above && above->below == 1);
        if (used > limit) break;
        if (above) above->below--;
        place->stays = true;
        place->branch = branches++;
    }
    for (size_t i = 0; i < best->count && places[best->items[i].node].stays; i++) {
        struct hg_merged_place *place = &places[best->items[i].node];
        if (place->below) place->rest = branches++;
    }
    return branches;
}

/* Fills in the branches, all but the counts, and says of each trail which branch counts it. */
static void
fill_in(struct hg_merging *merging, struct hg_branch *branches) {
    struct hg_merged_place *places = merging->places;
    for (uint32_t trail = 0; trail < merging->known; trail++) {
        struct hg_merged_place *place = &places[trail];
        struct hg_merged_place *above = trail ? &places[merging->trails.items[trail].parent]
                                              : place;
        if (place->stays) {
            branches[place->branch] = (struct hg_branch){
                .parent = above->branch, .node = place->node, .name = place->name};
            if (place->rest == HG_NO_NODE) continue;
            branches[place->rest] = (struct hg_branch){
                .parent = place->branch,
                .node = HG_NO_NODE,
                .name = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE)};
        }
        else place->branch = above->stays ? above->rest : above->branch;
    }
}

/* A member that is counted. */
struct counted {
    uint32_t node, at, end;
    uint64_t bytes, retained;
};

/*
 * Counts a member. Positions come in ascending order, so what it dominates is new if it lies behind
 * *covered, the end of what the last outermost member dominates.
 */
static inline void
count(const struct counted *counted, struct hg_members *members, uint32_t *covered) {
    members->objects++;
    members->bytes += counted->bytes;
    if (counted->at < *covered) return;
    *covered = counted->end;
    members->retained += counted->retained;
}

/* Counts a member as one at which paths end. The example is the one that retains most. */
static void
count_own(struct hg_merging *merging, struct hg_branch *branches, uint32_t number,
          const struct counted *counted) {
    struct hg_branch *branch = &branches[number];
    uint64_t most = merging->most[number];
    bool larger = counted->retained > most ||
                  (counted->retained == most && counted->node < branch->node);
    if (!branch->own.objects || larger) {
        branch->node = counted->node;
        merging->most[number] = counted->retained;
    }
    count(counted, &branch->own, &merging->covered[2 * number + 1]);
}

/* Counts a member in the branch of its trail and in all above it. */
static void
count_member(struct hg_merging *merging, struct hg_branch *branches, uint32_t trail,
             const struct counted *counted) {
    const struct hg_merged_place *place = &merging->places[trail];
    uint32_t number = place->branch;
    if (place->stays) count_own(merging, branches, number, counted);
    for (;; number = branches[number].parent) {
        count(counted, &branches[number].all, &merging->covered[2 * number]);
        if (number == 0) return;
    }
}

static enum hg_status
count_members(struct hg_merging *merging, struct hg_branch *branches) {
    const struct hg_tree *tree = merging->tree;
    const struct hg_live_member *live = merging->live;
    hg_phase(merging->task, "members", tree->reached);
    for (uint32_t word = 0; word <= tree->reached / 64; word++) {
        if (word % HG_STRIDE == 0) {
            if (!hg_step(merging->task, word * UINT64_C(64))) return HG_STOPPED;
            hg_column_let_go(&tree->end, word * UINT64_C(64));
            hg_column_let_go(&tree->retained, word * UINT64_C(64));
        }
        for (uint64_t bits = merging->at[word]; bits; bits &= bits - 1, live++) {
            uint32_t at = word * 64 + first_bit(bits);
            struct counted counted = {live->node, at, hg_end(tree, at),
                                      hg_memsize(merging->graph, live->node),
                                      hg_retained_at(tree, at)};
            count_member(merging, branches, live->trail, &counted);
        }
    }
    return HG_OK;
}

/* Makes the branches of the trails. */
static enum hg_status
branch_out(struct hg_merging *merging, uint32_t limit, struct hg_merged_paths *merged) {
    struct hg_best best = {.room = SIZE_MAX};
    enum hg_status status = HG_NO_MEMORY;
    sum_up(merging);
    if (sort_trails(merging, &best)) {
        merged->count = choose(merging, &best, limit);
        merged->branches = malloc(merged->count * sizeof(*merged->branches));
        merging->covered = calloc(2 * merged->count, sizeof(*merging->covered));
        merging->most = calloc(merged->count, sizeof(*merging->most));
    }
    hg_best_free(&best);
    if (merged->branches && merging->covered && merging->most) {
        fill_in(merging, merged->branches);
        status = merging->counts ? count_members(merging, merged->branches) : HG_OK;
    }
    return status;
}

static void
free_merging(struct hg_merging *merging) {
    hg_array_free(merging->member);
    hg_array_free(merging->at);
    hg_array_free(merging->before);
    hg_array_free(merging->live);
    hg_array_free(merging->trail);
    free(merging->covered);
    free(merging->most);
    hg_steps_free(&merging->steps);
    hg_trails_free(&merging->trails);
    free(merging->places);
    hg_numbers_free(&merging->stack);
}

/*
 * Merges paths; or, unless `cut` is NULL, only finds the branches, whose members are not counted
 * then, and marks what leads to one of them.
 */
static enum hg_status
merge(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_parents *parents,
      const struct hg_filter *filter, uint32_t limit, uint32_t branch, uint64_t *cut,
      struct hg_task *task, struct hg_merged_paths *merged) {
    struct hg_merging merging = {
        .graph = graph,
        .tree = tree,
        .paths = {graph, *parents},
        .task = task,
        .parent = HG_NO_NODE,
        .counts = !cut,
        .member = hg_array(graph->nodes / 64 + 1, sizeof(*merging.member)),
        .at = hg_array(tree->reached / 64 + 1, sizeof(*merging.at)),
        .before = hg_array_raw(tree->reached / 64 + 1, sizeof(*merging.before)),
        .trail = hg_array_sparse(graph->nodes, sizeof(*merging.trail)),
    };
    bool steps = hg_steps_init(&merging.steps, graph), trails = hg_trails_init(&merging.trails);
    enum hg_status status = HG_NO_MEMORY;
    *merged = (struct hg_merged_paths){0};
    if (merging.member && merging.at && merging.before && merging.trail && steps && trails)
        status = hg_mark_found(graph, tree, filter, task, merging.member);
    if (status == HG_OK) status = mark_live(&merging, merged);
    if (status == HG_OK) status = find_trails(&merging);
    if (status == HG_OK) status = branch_out(&merging, limit, merged);
    if (status == HG_OK && cut) status = hg_cut_branch(&merging, merged, branch, cut);
    if (status != HG_OK) hg_merged_paths_free(merged);
    free_merging(&merging);
    return status;
}

enum hg_status
hg_merge_paths(const struct hg_graph *graph, const struct hg_tree *tree,
               const struct hg_parents *parents, const struct hg_filter *filter, uint32_t limit,
               struct hg_task *task, struct hg_merged_paths *merged) {
    return merge(graph, tree, parents, filter, limit, 0, NULL, task, merged);
}

enum hg_status
hg_merge_paths_without(const struct hg_graph *graph, const struct hg_tree *tree,
                       const struct hg_parents *parents, const struct hg_filter *filter,
                       uint32_t limit, uint32_t branch, struct hg_task *task,
                       struct hg_merged_paths *merged) {
    struct hg_parents others = {0};
    uint64_t *cut = hg_array(graph->edges / 64 + 1, sizeof(*cut));
    *merged = (struct hg_merged_paths){0};
    if (!cut) return HG_NO_MEMORY;
    enum hg_status status = merge(graph, tree, parents, filter, limit, branch, cut, task, merged);
    uint64_t count = merged->cut;
    hg_merged_paths_free(merged);
    if (status == HG_OK) status = hg_parents_build_without(graph, cut, task, &others);
    hg_array_free(cut);
    if (status == HG_OK) status = merge(graph, tree, &others, filter, limit, 0, NULL, task, merged);
    if (status == HG_OK) merged->cut = count;
    hg_parents_free(&others);
    return status;
}

void
hg_merged_paths_free(struct hg_merged_paths *merged) {
    free(merged->branches);
    *merged = (struct hg_merged_paths){0};
}
