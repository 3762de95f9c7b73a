/* Place in the flow: see conditions.h. */
#include "search/conditions.h"

#include <string.h>

#include "base/array.h"
#include "base/blocks.h"
#include "search/of_classes.h"

/* -- classes and their ancestors -- */

/* Of a class and its ancestors: whether one of them is in the set. */
enum { UNKNOWN, YES, NO };

static bool
is_class(const struct hg_graph *graph, uint32_t node) {
    return hg_type(graph, node) == HG_T_CLASS || hg_type(graph, node) == HG_T_ICLASS;
}

/* The target of a field of a class, or HG_NO_NODE. */
static uint32_t
field_of(const struct hg_graph *graph, uint32_t node, const char *field) {
    for (uint32_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
         edge++) {
        uint32_t name = hg_name(graph, edge);
        if (hg_edge_kind(name) != HG_E_FIELD) continue;
        if (hg_string_is(graph, hg_edge_payload(name), field)) return hg_target(graph, edge);
    }
    return HG_NO_NODE;
}

bool
hg_knows_superclasses(const struct hg_graph *graph) {
    for (uint32_t node = 0; node < graph->objects; node++)
        if (is_class(graph, node) && field_of(graph, node, "superclass") != HG_NO_NODE) return true;
    return false;
}

/* Whether a class is in the set, or stands for a module of the set among ancestors. */
static bool
is_in_set(const struct hg_graph *graph, uint32_t class, const uint8_t *known) {
    if (known[class] == YES) return true;
    if (hg_type(graph, class) != HG_T_ICLASS) return false;
    uint32_t module = field_of(graph, class, "module");
    return module != HG_NO_NODE && hg_type(graph, module) == HG_T_MODULE && known[module] == YES;
}

/* Finds out what is known of a class, and with it of its ancestors. */
static void
find_ancestors(const struct hg_graph *graph, uint32_t class, uint8_t *known) {
    enum { DEEPEST = 10000 }; // a broken dump may have a circle
    uint32_t at = class, steps = 0;
    bool found = false;
    while (at != HG_NO_NODE && is_class(graph, at) && known[at] != NO && steps < DEEPEST) {
        found = is_in_set(graph, at, known);
        steps++;
        if (found) break;
        at = field_of(graph, at, "superclass");
    }
    for (at = class; steps > 0; steps--) {
        known[at] = found ? YES : NO;
        at = field_of(graph, at, "superclass");
    }
}

static enum hg_status
mark_kinds(const struct hg_graph *graph, const struct hg_condition *condition,
           struct hg_task *task) {
    uint8_t *known = condition->marks;
    for (size_t i = 0; i < condition->count; i++) known[condition->nodes[i]] = YES;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        if (is_class(graph, node) && known[node] == UNKNOWN) find_ancestors(graph, node, known);
    }
    for (uint32_t node = 0; node < graph->objects; node++) known[node] = known[node] == YES;
    return HG_OK;
}

/* -- what holds what -- */

/* Whether a node is a table that no program sees, and that is looked through. */
static bool
is_inner(const struct hg_graph *graph, uint32_t node) {
    if (hg_type(graph, node) == HG_T_IMEMO)
        return hg_string_is(graph, hg_label(graph, node), "fields");
    return hg_type(graph, node) == HG_T_ARRAY && hg_class(graph, node) == HG_NO_NODE;
}

/* Several threads may do so at once. */
static inline void
set_mark(uint8_t *marks, uint32_t node) {
    __atomic_store_n(&marks[node], 1, __ATOMIC_RELAXED);
}

/* Marks what a node holds directly. */
static void
mark_held(const struct hg_graph *graph, uint32_t node, uint8_t *marks) {
    for (uint32_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
         edge++) {
        uint32_t target = hg_target(graph, edge);
        if (!hg_edge_holds(hg_name(graph, edge))) continue;
        set_mark(marks, target);
        if (!is_inner(graph, target)) continue;
        for (uint32_t e = hg_first(graph, target), end = hg_first(graph, target + 1); e < end; e++)
            if (hg_edge_holds(hg_name(graph, e))) set_mark(marks, hg_target(graph, e));
    }
}

/* Whether a node holds a node of the set; `inner` has the marks of the inner tables that do. */
static bool
holds(const struct hg_graph *graph, uint32_t node, const uint8_t *set, const uint8_t *inner) {
    for (uint32_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
         edge++) {
        uint32_t target = hg_target(graph, edge);
        if (!hg_edge_holds(hg_name(graph, edge))) continue;
        if (set[target] || (inner && is_inner(graph, target) && inner[target])) return true;
    }
    return false;
}

/* Takes a node of a condition, or an instance of one of its nodes. */
typedef void take_node(const struct hg_graph *graph, uint32_t node, uint8_t *marks);

static void
mark_node(const struct hg_graph *graph, uint32_t node, uint8_t *marks) {
    set_mark(marks, node);
}

/* What the threads share that take instances, or find holders. */
struct relating {
    const struct hg_graph *graph;
    const struct hg_condition *condition;
    take_node *take;
    uint8_t *marks;
    const uint8_t *set; /* see holds */
    bool inner;         /* inner tables are looked at, or else all other nodes */
};

static enum hg_status
take_instances(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct relating *relating = data;
    const struct hg_condition *condition = relating->condition;
    struct hg_of_classes of = hg_of_classes(condition->nodes, condition->count);
    for (uint32_t node = (uint32_t)from; node < to; node++)
        if (hg_is_of_classes(relating->graph, &of, node))
            relating->take(relating->graph, node, relating->marks);
    return HG_OK;
}

/* Calls `take` for the nodes of a condition, or for the instances of these. */
static enum hg_status
each_of_set(const struct hg_graph *graph, const struct hg_condition *condition, bool instances,
            struct hg_task *task, take_node *take, uint8_t *marks) {
    for (size_t i = 0; !instances && i < condition->count; i++)
        take(graph, condition->nodes[i], marks);
    if (!instances) return HG_OK;
    struct relating relating = {
        .graph = graph, .condition = condition, .take = take, .marks = marks};
    return hg_each_block(graph->objects, hg_block_threads(graph->objects), task, take_instances,
                         &relating);
}

static enum hg_status
find_holders(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct relating *relating = data;
    const struct hg_graph *graph = relating->graph;
    const uint8_t *inner = relating->inner ? NULL : relating->marks;
    for (uint32_t node = (uint32_t)from; node < to; node++)
        if (is_inner(graph, node) == relating->inner)
            relating->marks[node] = holds(graph, node, relating->set, inner);
    return HG_OK;
}

/* The inner tables come first: the others look at their marks. */
static enum hg_status
mark_all_holders(const struct hg_graph *graph, const uint8_t *set, struct hg_task *task,
                 uint8_t *marks) {
    struct relating relating = {.graph = graph, .marks = marks, .set = set, .inner = true};
    unsigned threads = hg_block_threads(graph->objects);
    enum hg_status status = hg_each_block(graph->objects, threads, task, find_holders, &relating);
    if (status != HG_OK) return status;
    relating.inner = false;
    return hg_each_block(graph->objects, threads, task, find_holders, &relating);
}

static enum hg_status
mark_relatives(const struct hg_graph *graph, const struct hg_condition *condition,
               struct hg_task *task) {
    enum hg_subject subject = condition->subject;
    bool instances = subject == HG_IF_HELD_BY_INSTANCE || subject == HG_IF_HOLDS_INSTANCE;
    bool held = subject == HG_IF_HELD_BY || subject == HG_IF_HELD_BY_INSTANCE;
    if (held) return each_of_set(graph, condition, instances, task, mark_held, condition->marks);
    uint8_t *set = hg_array(graph->nodes, 1);
    if (!set) return HG_NO_MEMORY;
    enum hg_status status = each_of_set(graph, condition, instances, task, mark_node, set);
    if (status == HG_OK) status = mark_all_holders(graph, set, task, condition->marks);
    hg_array_free(set);
    return status;
}

/* -- all conditions -- */

static enum hg_status
prepare(const struct hg_graph *graph, struct hg_condition *condition, struct hg_task *task) {
    if (condition->subject == HG_IF_TYPE || condition->subject >= HG_IF_SIZE) return HG_OK;
    condition->marks = hg_array(graph->nodes, 1);
    if (!condition->marks) return HG_NO_MEMORY;
    hg_phase(task, "conditions", graph->nodes);
    if (condition->subject == HG_IF_KIND_OF) return mark_kinds(graph, condition, task);
    if (condition->subject != HG_IF_CLASS) return mark_relatives(graph, condition, task);
    for (size_t i = 0; i < condition->count; i++) condition->marks[condition->nodes[i]] = 1;
    return HG_OK;
}

enum hg_status
hg_conditions_prepare(const struct hg_graph *graph, struct hg_condition *conditions, size_t count,
                      struct hg_task *task) {
    enum hg_status status = HG_OK;
    for (size_t i = 0; i < count; i++) conditions[i].marks = NULL;
    for (size_t i = 0; i < count && status == HG_OK; i++)
        status = prepare(graph, &conditions[i], task);
    return status;
}

void
hg_conditions_release(struct hg_condition *conditions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        hg_array_free(conditions[i].marks);
        conditions[i].marks = NULL;
    }
}

static bool
is_related(enum hg_relation relation, uint64_t number, uint64_t value) {
    switch (relation) {
    case HG_NOT_EQUAL:
        return number != value;
    case HG_LESS:
        return number < value;
    case HG_AT_MOST:
        return number <= value;
    case HG_GREATER:
        return number > value;
    case HG_AT_LEAST:
        return number >= value;
    default:
        return number == value;
    }
}

bool
hg_meets(const struct hg_graph *graph, const struct hg_tree *tree,
         const struct hg_condition *condition, uint32_t node) {
    uint32_t class;
    bool is = false;
    switch (condition->subject) {
    case HG_IF_SIZE:
        return is_related(condition->relation, hg_memsize(graph, node), condition->value);
    case HG_IF_RETAINED:
        return is_related(condition->relation, hg_retained(tree, node), condition->value);
    case HG_IF_OBJECTS:
        return is_related(condition->relation, hg_retained_nodes(tree, node), condition->value);
    case HG_IF_FLAG:
        is = hg_flags(graph, node) & condition->value;
        break;
    case HG_IF_TYPE:
        is = condition->value >> hg_type(graph, node) & 1;
        break;
    case HG_IF_CLASS:
        class = hg_real_class(graph, node);
        is = class != HG_NO_NODE && condition->marks[class];
        break;
    case HG_IF_KIND_OF:
        class = hg_class(graph, node);
        is = class != HG_NO_NODE && condition->marks[class];
        break;
    default:
        is = condition->marks[node];
    }
    return is == (condition->relation == HG_EQUAL);
}
