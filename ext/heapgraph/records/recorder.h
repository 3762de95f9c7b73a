/*
 * What one thread collects from the lines of a dump: nodes and edges in the order of the text, with
 * places (index.h) for what they refer to. fields.c and record.c fill the lists, and assemble.c
 * makes the graph of them.
 */
#ifndef HEAPGRAPH_RECORDER_H
#define HEAPGRAPH_RECORDER_H

#include "base/array.h"
#include "base/list.h"
#include "base/numbers.h"
#include "base/slots.h"
#include "reading/piece.h"
#include "records/account.h"
#include "records/heads.h"
#include "records/index.h"
#include "records/packed.h"
#include "records/strings.h"

/* HG_E_VALUE_AT has no payload yet: its key is the target of the edge before it. */
struct hg_edge_record {
    uint32_t target; /* place */
    uint32_t name;
};

/*
 * What only some nodes have. If an object has several lines, `line` says from which of them this
 * comes.
 */
struct hg_allocation_record {
    uint32_t place, line;
    uint32_t location, generation;
};

struct hg_size_record {
    uint32_t place, line;
    uint64_t memsize; /* more than fits in 32 bits */
};

struct hg_class_name_record {
    uint32_t place, name;
};

/* Shapes of ObjectSpace.dump_all, from Ruby 3.2 on. */
struct hg_shape_record {
    uint64_t id, parent;
    uint32_t name; /* of the variable that this shape adds, or HG_NO_STRING */
    bool complex;
};

struct hg_shaped_record {
    uint32_t place, line;
    uint64_t shape;
};

struct hg_recorder {
    struct hg_seen_units units;
    struct hg_seen_strings strings;
    struct hg_heads heads;
    bool objspace; /* the dump was written by ObjectSpace.dump_all */

    struct hg_list nodes; /* packed */
    struct hg_list edges, allocations, sizes, class_names, shapes, shaped;
    struct hg_numbers root_lines; /* of roots: where each begins, in HG_LINE_UNITs */
    uint64_t size_count;

    uint64_t object_lines, error_lines, unknown_types, bad_references;
    struct hg_promise promise; /* of the last FOOTER */

    struct hg_numbers named_classes; /* places of the classes whose names are known */
    struct hg_slots named_slots;     /* finds one of these */
    struct hg_buffer scratch;
    bool failed; /* out of memory, or too many of something */
};

/*
 * Prepares a recorder. Returns false if there is no memory; in either case hg_recorder_free frees
 * what it has.
 */
bool hg_recorder_init(struct hg_recorder *recorder, struct hg_units *units,
                      struct hg_string_table *strings, bool objspace);
void hg_recorder_free(struct hg_recorder *recorder);

#endif
