/*
 * Place in the flow: see growth_facts.h.
 */
#include "growth/growth_facts.h"

#include <stdlib.h>
#include <string.h>

#define PINS "VM/pin_array_list" /* the kind of the lists of what C code has pinned */

static bool
is_any(const struct hg_graph *graph, uint32_t string, const char *const *texts) {
    for (; *texts; texts++) {
        if (hg_string_is(graph, string, *texts)) return true;
    }
    return false;
}

/* Whether an edge leads to a list in which the VM notes loaded code. */
static bool
is_of_loading(const struct hg_graph *graph, uint32_t name) {
    static const char *const names[] = {"$\"", "$LOADED_FEATURES", "$:", "$-I", "$LOAD_PATH", NULL};
    return hg_edge_kind(name) == HG_E_GLOBAL && is_any(graph, hg_edge_payload(name), names);
}

static bool
is_hidden(const struct hg_graph *graph, uint32_t node) {
    uint8_t type = hg_type(graph, node);
    if (type == HG_T_CLASS || type == HG_T_MODULE) return false;
    return type == HG_T_IMEMO || type == HG_T_ICLASS || hg_class(graph, node) == HG_NO_NODE;
}

static bool
begins_with(const struct hg_graph *graph, uint32_t string, const char *text) {
    size_t length, wanted = strlen(text);
    const char *bytes = hg_string(graph, string, &length);
    return length >= wanted && memcmp(bytes, text, wanted) == 0;
}

/* Whether a root holds a node because the program wants it: not Ruby's own library does. */
static bool
is_given(const struct hg_graph *graph, uint32_t node, uint32_t name) {
    if (hg_edge_kind(name) != HG_E_FIELD || hg_edge_payload(name) == HG_PAYLOAD_NONE) return false;
    uint32_t field = hg_edge_payload(name);
    if (begins_with(graph, field, "variable of C: "))
        return !begins_with(graph, field, "variable of C: libruby") && !is_hidden(graph, node);
    if (hg_string_is(graph, field, "pinned_lists")) return hg_type(graph, node) == HG_T_DATA;
    bool pinned = hg_string_is(graph, field, "pinned") && !is_hidden(graph, node);
    return pinned || begins_with(graph, field, "handler of ");
}

/* Whether a node is the table of a class's cached methods, which Ruby 4.0 has as an object. */
static bool
is_method_cache(const struct hg_graph *graph, uint32_t node) {
    return hg_type(graph, node) == HG_T_DATA &&
           hg_string_is(graph, hg_label(graph, node), "VM/cc_table");
}

/*
 * Whether a node is one of the VM's own tables and lists: arrays and hashes that its roots hold,
 * unless the program has given them to the VM.
 */
static bool
is_of_vm(const struct hg_graph *graph, uint32_t parent, uint32_t node, uint32_t name) {
    static const char *const roots[] = {"vm", "global_symbols", "symbols", NULL};
    uint8_t type = hg_type(graph, node);
    if (is_method_cache(graph, node)) return true;
    if (hg_type(graph, parent) == HG_T_DATA && hg_string_is(graph, hg_label(graph, parent), PINS))
        return hg_is_tracing(graph, node) ||
               ((type == HG_T_ARRAY || type == HG_T_HASH) && is_hidden(graph, node));
    if (hg_type(graph, parent) != HG_T_ROOT || !is_any(graph, hg_label(graph, parent), roots))
        return false;
    if (hg_is_tracing(graph, node)) return true;
    if (is_given(graph, node, name)) return false;
    return type == HG_T_ARRAY || type == HG_T_HASH || type == HG_T_STRING || type == HG_T_SYMBOL ||
           is_hidden(graph, node);
}

/* The mark of what may grow without more objects: by entries or bytes, or by names. */
static uint8_t
growing_mark(const struct hg_graph *graph, uint32_t node) {
    switch (hg_type(graph, node)) {
    case HG_T_ARRAY:
    case HG_T_HASH:
    case HG_T_STRING:
    case HG_T_BIGNUM:
        return HG_TRAIL_CONTENT;
    case HG_T_DATA:
        return hg_is_stack(graph, node) ? HG_TRAIL_NAMES : HG_TRAIL_CONTENT;
    case HG_T_CLASS:
    case HG_T_MODULE:
    case HG_T_OBJECT:
        return HG_TRAIL_NAMES;
    default:
        return 0;
    }
}

/*
 * Whether an object is one of HeapDump: a program may hold snapshots and their answers while the
 * next dump is taken.
 */
static bool
is_ours(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    if (class == HG_NO_NODE || hg_label(graph, class) == HG_NO_STRING) return false;
    size_t length;
    const char *name = hg_string(graph, hg_label(graph, class), &length);
    return length > 10 && memcmp(name, "HeapDump::", 10) == 0;
}

/*
 * Whether a node is the name of the file in which a constant is assigned, or of a module, which the
 * VM notes, or the place of a method that attr_reader has made. In a dump without names it may also
 * be the constant itself.
 */
static bool
is_text_of_module(const struct hg_graph *graph, uint32_t parent, uint32_t node, uint32_t name) {
    static const char *const fields[] = {"constant_files", "classpath", "__classpath__", NULL};
    uint8_t type = hg_type(graph, parent);
    if (hg_edge_kind(name) == HG_E_FIELD && type == HG_T_IMEMO)
        return hg_string_is(graph, hg_edge_payload(name), "location");
    if (hg_edge_kind(name) == HG_E_FIELD || hg_edge_kind(name) == HG_E_IVAR)
        return (type == HG_T_CLASS || type == HG_T_MODULE) &&
               is_any(graph, hg_edge_payload(name), fields);
    if (graph->account.objspace_format && !(hg_flags(graph, node) & HG_N_FROZEN)) return false;
    return hg_type(graph, node) == HG_T_STRING && hg_edge_kind(name) == HG_E_REFERENCE &&
           (type == HG_T_CLASS || type == HG_T_MODULE);
}

/* Whether a name is that of a module, or of one in it: "Gem::Specification" is in "Gem". */
static bool
begins_with_module(const char *name, const char *module) {
    size_t length = strlen(module);
    return strncmp(name, module, length) == 0 && (!name[length] || name[length] == ':');
}

/*
 * Whether a module belongs to HeapDump or to a library that loads code: the tables of these grow as
 * long as code is loaded.
 */
static bool
is_of_tool(const struct hg_graph *graph, uint32_t node) {
    static const char *const tools[] = {"HeapDump", "Gem", "Bundler", "Zeitwerk", "Bootsnap", NULL};
    size_t length;
    const char *name = hg_string(graph, hg_label(graph, node), &length);
    for (const char *const *tool = tools; *tool; tool++) {
        if (begins_with_module(name, *tool)) return true;
    }
    return false;
}

/*
 * Whether a node is a method: in the method table of a module, or in the cache of a call. In a dump
 * without names a module refers to its methods, and to a few others that it remembers.
 */
static bool
is_method(const struct hg_graph *graph, uint32_t parent, uint32_t node, uint32_t name) {
    if (hg_type(graph, node) != HG_T_IMEMO) return false;
    if (hg_edge_kind(name) == HG_E_METHOD) return true;
    if (parent == HG_NO_NODE) return false;
    uint8_t type = hg_type(graph, parent);
    if (type == HG_T_IMEMO) return hg_string_is(graph, hg_label(graph, parent), "callcache");
    return graph->account.objspace_format && (type == HG_T_CLASS || type == HG_T_MODULE) &&
           hg_string_is(graph, hg_label(graph, node), "ment");
}

static uint8_t
marks_of(const struct hg_graph *graph, uint32_t node, uint32_t parent, uint32_t name,
         uint8_t inherited) {
    static const char *const caches[] = {"callcache", "callinfo", "constcache", NULL};
    uint8_t marks = inherited & (HG_TRAIL_CODE | HG_TRAIL_VM);
    bool imemo = hg_type(graph, node) == HG_T_IMEMO;
    if (is_hidden(graph, node)) marks |= HG_TRAIL_HIDDEN;
    if (imemo && hg_string_is(graph, hg_label(graph, node), "iseq")) marks |= HG_TRAIL_CODE;
    if (imemo && is_any(graph, hg_label(graph, node), caches)) marks |= HG_TRAIL_CACHE;
    if (is_method(graph, parent, node, name)) marks |= HG_TRAIL_METHOD;
    if (parent == HG_NO_NODE) return marks | growing_mark(graph, node);
    // a shared buffer has no content of its own
    if (!hg_steps_shares(graph, parent, node, name)) marks |= growing_mark(graph, node);
    if (is_text_of_module(graph, parent, node, name)) marks |= HG_TRAIL_CODE;
    if (is_of_loading(graph, name) || is_of_vm(graph, parent, node, name) || is_ours(graph, node))
        marks |= HG_TRAIL_VM;
    return marks;
}

bool
hg_growth_note_facts(struct hg_growth *growth, const struct hg_growth_source *source,
                     struct hg_steps *steps, uint32_t node, uint32_t trail) {
    if (trail >= growth->facts_room) {
        uint32_t room = growth->trails.room;
        struct hg_trail_facts *facts = realloc(growth->facts, (size_t)room * sizeof(*facts));
        if (!facts) return false;
        growth->facts = facts;
        growth->facts_room = room;
    }
    const struct hg_graph *graph = source->graph;
    const struct hg_own_ways *own = source->own;
    uint32_t above = growth->trails.items[trail].parent;
    uint8_t inherited = above == HG_NO_TRAIL ? 0 : growth->facts[above].marks;
    uint32_t name = hg_own_name(own, source->paths, node);
    uint8_t marks = hg_u8(&own->module, node)
                        ? (is_of_tool(graph, node) ? HG_TRAIL_VM : HG_TRAIL_NAMES)
                        : marks_of(graph, node, hg_own_parent(own, source->paths, node), name,
                                   inherited);
    growth->facts[trail] = (struct hg_trail_facts){.class = hg_steps_class(steps, node),
                                                   .type = hg_type(graph, node),
                                                   .kind = (uint8_t)hg_edge_kind(name),
                                                   .rank = hg_u8(&own->rank, node),
                                                   .marks = marks};
    return true;
}
