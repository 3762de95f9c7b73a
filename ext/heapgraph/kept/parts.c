/* Place in the flow: see parts.h. */
#include "kept/parts.h"

/* part, its field in the analysis, and a column of that which has numbers once the part is there */
#define BUILT(X)                                                                                   \
    X(TREE, tree, position)                                                                        \
    X(PARENTS, parents, parent)                                                                    \
    X(INVERSE, inverse, first)                                                                     \
    X(KINDS, kinds, at)                                                                            \
    X(OWN_WAYS, own_ways, parent)

/* What is built from the graph alone. */
#define OF_GRAPH(name)                                                                             \
    static enum hg_status build_##name(struct hg_analysis *analysis, struct hg_task *task) {       \
        return hg_##name##_build(analysis->graph, task, &analysis->name);                          \
    }
OF_GRAPH(tree)
OF_GRAPH(parents)
OF_GRAPH(inverse)

static enum hg_status
build_kinds(struct hg_analysis *analysis, struct hg_task *task) {
    return hg_kinds_build(analysis->graph, &analysis->tree, task, &analysis->kinds);
}

static enum hg_status
build_own_ways(struct hg_analysis *analysis, struct hg_task *task) {
    return hg_own_ways_build(analysis->graph, &analysis->parents, task, &analysis->own_ways);
}

#define FUNCTIONS(part, name, filled)                                                              \
    static bool has_##name(const struct hg_analysis *analysis) {                                   \
        return hg_has_column(&analysis->name.filled);                                              \
    }                                                                                              \
    static void free_##name(struct hg_analysis *analysis) {                                        \
        hg_##name##_free(&analysis->name);                                                         \
    }                                                                                              \
    static void move_##name(struct hg_analysis *from, struct hg_analysis *to) {                    \
        to->name = from->name;                                                                     \
    }                                                                                              \
    static void disown_##name(struct hg_analysis *analysis) {                                      \
        analysis->name.owned = NULL;                                                               \
    }
BUILT(FUNCTIONS)

#define ROW(part, name, filled)                                                                    \
    [HG_PART_##part] = {has_##name, build_##name, free_##name, move_##name, disown_##name},
const struct hg_part_functions hg_parts[HG_PARTS] = {BUILT(ROW)};
