/* Place in the flow: see kin.h. */
#include "search/kin.h"

static enum hg_kin
kin_of_imemo(const struct hg_graph *graph, uint32_t label) {
    static const char *const CODE[] = {"iseq",     "ment",       "callcache",
                                       "callinfo", "constcache", "cref"};
    for (size_t i = 0; i < sizeof(CODE) / sizeof(*CODE); i++)
        if (hg_string_is(graph, label, CODE[i])) return HG_KIN_CODE;
    return HG_KIN_VM;
}

static enum hg_kin
kin_of_data(const struct hg_graph *graph, uint32_t node) {
    uint32_t label = hg_label(graph, node);
    if (hg_is_stack(graph, node)) return HG_KIN_STACK;
    if (hg_is_tracing(graph, node)) return HG_KIN_TRACING;
    if (hg_string_is(graph, label, "VM")) return HG_KIN_VM;
    return hg_class(graph, node) == HG_NO_NODE ? HG_KIN_VM : HG_KIN_PROGRAM;
}

enum hg_kin
hg_kin(const struct hg_graph *graph, uint32_t node) {
    switch ((enum hg_type)hg_type(graph, node)) {
    case HG_T_CLASS:
    case HG_T_MODULE:
    case HG_T_ICLASS:
        return HG_KIN_CODE;
    case HG_T_IMEMO:
        return kin_of_imemo(graph, hg_label(graph, node));
    case HG_T_DATA:
        return kin_of_data(graph, node);
    case HG_T_NODE:
    case HG_T_ROOT:
    case HG_T_VIRTUAL_ROOT:
        return HG_KIN_VM;
    case HG_T_UNKNOWN:
    case HG_T_MISSING:
        return HG_KIN_PROGRAM; // it is not known
    default:
        return hg_class(graph, node) == HG_NO_NODE ? HG_KIN_VM : HG_KIN_PROGRAM;
    }
}

void
hg_kin_through(const struct hg_graph *graph, const struct hg_tree *tree, uint8_t *through,
               struct hg_kin_sum *sums) {
    memset(through, 0, graph->nodes);
    memset(sums, 0, HG_KINS * sizeof(*sums));
    for (uint32_t at = 0; at < tree->reached;) {
        uint32_t node = hg_tree_node(tree, at);
        enum hg_kin kin = hg_kin(graph, node);
        if (kin == HG_KIN_PROGRAM) {
            at = hg_end(tree, at);
            continue;
        }
        through[node] = 1;
        if (node < graph->objects) {
            sums[kin].objects++;
            sums[kin].bytes += hg_memsize(graph, node);
        }
        at++;
    }
}
