/* Place in the flow: see steps.h and paths.h. */
#include "paths/steps.h"

static bool
is_labelled(const struct hg_graph *graph, uint32_t node, const char *label) {
    return hg_type(graph, node) == HG_T_DATA && hg_string_is(graph, hg_label(graph, node), label);
}

static bool
is_ractor(const struct hg_graph *graph, uint32_t node) {
    return is_labelled(graph, node, "ractor");
}

bool
hg_is_of_stack(const struct hg_graph *graph, uint32_t from, uint32_t to) {
    return hg_is_stack(graph, from) || is_ractor(graph, from) || is_ractor(graph, to);
}

/* An array or hash that Ruby code cannot see is one of the VM's own. */
static bool
is_hidden_list(const struct hg_graph *graph, uint32_t node) {
    bool list = hg_type(graph, node) == HG_T_ARRAY || hg_type(graph, node) == HG_T_HASH;
    return list && hg_class(graph, node) == HG_NO_NODE;
}

/*
 * What MRI keeps in the constant TOPLEVEL_BINDING, and pins as well: a list of pins holds it in
 * some Rubies, and the root itself in others. Nothing else pins a binding.
 */
static bool
is_pinned_binding(const struct hg_graph *graph, uint32_t node) {
    return is_labelled(graph, node, "binding");
}

enum hg_rank
hg_data_rank(const struct hg_graph *graph, uint32_t from, uint32_t to) {
    if (is_ractor(graph, from) && is_labelled(graph, to, "VM/thread")) return HG_RANK_FRAME;
    if (is_ractor(graph, to) && is_labelled(graph, from, "VM/thread")) return HG_RANK_FRAME;
    if (!is_hidden_list(graph, to) && !is_pinned_binding(graph, to)) return HG_RANK_NAMED;
    return is_labelled(graph, from, "VM/pin_array_list") ? HG_RANK_ROOT : HG_RANK_NAMED;
}

enum hg_rank
hg_root_rank(const struct hg_graph *graph, uint32_t held, uint32_t name) {
    if (is_labelled(graph, held, "VM/thread")) return HG_RANK_FRAME;
    bool given = hg_edge_kind(name) == HG_E_FIELD && hg_type(graph, held) != HG_T_IMEMO &&
                 !is_hidden_list(graph, held) && !is_pinned_binding(graph, held);
    if (!given && is_ractor(graph, held)) return HG_RANK_FRAME;
    return given ? HG_RANK_NAMED : HG_RANK_ROOT;
}

bool
hg_is_fields(const struct hg_graph *graph, uint32_t node) {
    return hg_string_is(graph, hg_label(graph, node), "fields");
}

enum hg_rank
hg_field_rank(const struct hg_graph *graph, uint32_t name) {
    static const char *const fields[] = {"cached_methods", "cached_classes", "method_cache",
                                         "class_variable_caches", "class_variable_cache"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (hg_string_is(graph, hg_edge_payload(name), fields[i])) return HG_RANK_CACHE;
    return HG_RANK_NAMED;
}

bool
hg_is_toplevel_binding(const struct hg_graph *graph, uint32_t name) {
    return hg_string_is(graph, hg_edge_payload(name), "TOPLEVEL_BINDING");
}

bool
hg_edge_between(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t *name) {
    uint32_t least = UINT32_MAX;
    bool found = false;
    for (uint64_t edge = hg_first(graph, from), end = hg_first(graph, from + 1); edge < end;
         edge++) {
        if (hg_target(graph, edge) != to) continue;
        uint32_t of = hg_name(graph, edge);
        uint32_t cost = hg_edge_holds(of) ? hg_step_cost(graph, 0, from, to, of) : UINT32_MAX;
        if (found && cost >= least) continue;
        found = true;
        least = cost;
        *name = of;
    }
    if (least != UINT32_MAX) return true;
    if (hg_class(graph, from) == to) {
        *name = HG_CLASS_STEP;
        return true;
    }
    return found;
}
