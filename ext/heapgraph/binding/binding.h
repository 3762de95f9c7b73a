/*
 * Place in the flow: between the reader and Ruby. The object behind HeapDump::Graph, and what its
 * methods share. Only the files that include this header know Ruby; nothing below them does.
 *
 * Long work runs without the GVL, one piece at a time for each graph (`lock`). Meanwhile other
 * threads may ask for #progress and for all short answers. If an answer needs more than the graph
 * (the dominator tree, the paths, the inverse), that is built when it is first needed.
 */
#ifndef HEAPGRAPH_BINDING_H
#define HEAPGRAPH_BINDING_H

#include <ruby.h>

#include "base/array.h"
#include "growth/growth.h"
#include "kept/analysis.h"

struct binding {
    struct hg_analysis analysis;
    struct hg_task task;
    _Atomic bool has[HG_PARTS]; /* set by the thread that has built the part */
    unsigned scans;             /* how often all edges were looked at for want of an inverse */
    VALUE lock;                 /* a Mutex */
    VALUE path;                 /* a String, for messages */
    size_t told;                /* bytes of which Ruby's GC has been told */
};

/* Makes a new graph without a dump. */
VALUE hgb_allocate(VALUE class);

/* The binding of any graph. Raises TypeError for other objects. */
struct binding *hgb_any(VALUE graph);

/* The binding of a graph that has been loaded. Raises ArgumentError for others. */
struct binding *hgb_loaded(VALUE graph);

/* The same with a part other than HG_PART_GRAPH, which is built now if it is not there yet. */
struct binding *hgb_with(VALUE graph, enum hg_part part);

/* Builds all parts that are not there yet, but those that only comparisons of dumps need. */
void hgb_with_all(VALUE graph);

/*
 * Makes sure that the ways of a graph with an index are in that (HG_PART_OWN_WAYS). For a graph
 * without an index, or with one that may not be written to, a comparison finds them itself, so
 * that they are freed again.
 */
void hgb_keep_ways(VALUE graph);

/* What growth.h needs to know of a loaded graph: with its ways if they are there. */
struct hg_growth_source hgb_source(const struct binding *self);

/*
 * Runs `function` in a thread that Ruby does not know, while the caller waits without the GVL. So
 * signal handlers run meanwhile, and whatever raises in the caller (Ctrl-C, a timeout, Thread#kill)
 * stops the work first. `function` frees what it has allocated unless it returns HG_OK. `undo` (may
 * be NULL) frees that if `function` has returned HG_OK and its result is no longer wanted.
 *
 * Returns if `function` has returned HG_OK, and raises a HeapDump::ReadError for any other status.
 */
void hgb_run(struct binding *self, enum hg_status (*function)(struct binding *, void *),
             void *argument, void (*undo)(void *));

/*
 * Tells Ruby's GC how much memory the graph needs, so that it runs in time where a program reads
 * dump after dump. A graph in a mapped file needs none. To be called with the GVL after work;
 * hgb_run does so.
 */
void hgb_tell_size(struct binding *self);

/* Raises a HeapDump::ReadError for a status, with what the task says about it. */
void hgb_fail(const struct binding *self, const struct hg_task *task, enum hg_status status)
    __attribute__((noreturn));

/* The same, unless the status is HG_OK. */
static inline void
hgb_check(const struct binding *self, const struct hg_task *task, enum hg_status status) {
    if (status != HG_OK) hgb_fail(self, task, status);
}

/* The number of a node, from Ruby. Raises ArgumentError if there is no such node. */
uint32_t hgb_node(const struct binding *self, VALUE number);

/* A size or a number of things, from Ruby. Raises ArgumentError if it is negative. */
uint64_t hgb_amount(VALUE number);

/*
 * The same, but at most as many as the graph has nodes and edges, so that room for as many can be
 * allocated.
 */
uint32_t hgb_limit(const struct binding *self, VALUE number);

/*
 * The numbers of nodes in an Array from Ruby, NULL for nil; *count is how many they are. They are
 * valid as long as *buffer is on the stack of the caller. Raises as hgb_node, and TypeError for
 * other objects.
 */
const uint32_t *hgb_nodes(const struct binding *self, VALUE array, VALUE *buffer, size_t *count);

/* An Integer, or nil for HG_NO_NODE. */
VALUE hgb_node_or_nil(uint32_t node);

/*
 * A frozen String of valid UTF-8, or nil for HG_NO_STRING. Where the parser has let half a
 * character pass, there are question marks.
 */
VALUE hgb_text(const struct hg_graph *graph, uint32_t string);

/* An Array of Integers. The list is freed. */
VALUE hgb_list(struct hg_numbers *list);

/* Add the methods of account.c, answers.c, histogram.c … to the class. */
void hgb_define_account(VALUE class);
void hgb_define_answers(VALUE class);
void hgb_define_ends(VALUE class);
void hgb_define_held_ways(VALUE class);
void hgb_define_histogram(VALUE class);
void hgb_define_objects(VALUE class);
void hgb_define_procs(VALUE class);
void hgb_define_search(VALUE class);
void hgb_define_sums(VALUE class);
void hgb_define_ways(VALUE class);

/* Defines HeapDump::Growth, which leaks_binding.c has. */
void hgb_define_growth(VALUE heapdump);

/* Defines HeapDump::Rows, which table_binding.c has, and the method of HeapDump::Graph for it. */
void hgb_define_rows(VALUE heapdump, VALUE graph);

#endif
