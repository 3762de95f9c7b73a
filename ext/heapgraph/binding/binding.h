/*
 * Place in the flow: between the reader and Ruby. The object behind HeapDump::Graph, and what its
 * methods share. Only the files that include it know Ruby, and nothing below them does.
 *
 * Long work runs without the GVL, one piece at a time for each graph (`lock`); other threads may
 * meanwhile ask for #progress and for everything short. What an answer needs besides the graph (the
 * dominator tree, the paths, the inverse) is built when it is first asked for.
 */
#ifndef HEAPGRAPH_BINDING_H
#define HEAPGRAPH_BINDING_H

#include <ruby.h>

#include "base/array.h"
#include "kept/analysis.h"

struct binding {
    struct hg_analysis analysis;
    struct hg_task task;
    _Atomic bool has[HG_PARTS]; /* set by the thread that has built the part */
    VALUE lock;                 /* a Mutex */
    VALUE path;                 /* a String, for messages */
};

/* A new graph without a dump. */
VALUE hgb_allocate(VALUE class);

/* Whatever `graph` is; raises TypeError for other objects. */
struct binding *hgb_any(VALUE graph);

/* A graph that has been loaded; raises ArgumentError for others. */
struct binding *hgb_loaded(VALUE graph);

/* The same, with a part other than HG_PART_GRAPH; it is built now if need be. */
struct binding *hgb_with(VALUE graph, enum hg_part part);

/*
 * Long work goes to a thread that Ruby does not know, while the caller waits without the GVL. So
 * signal handlers run in between, and whatever wants to raise (Ctrl-C, a timeout, Thread#kill) stops
 * the work first. `function` gives back what it has allocated unless it returns HG_OK; `undo` (may
 * be NULL) does so where it returned HG_OK and nobody wants it any more.
 *
 * Returns when `function` has returned HG_OK, raises a HeapDump::ReadError for anything else.
 */
void hgb_run(struct binding *self, enum hg_status (*function)(struct binding *, void *),
             void *argument, void (*undo)(void *));

/* Raises a HeapDump::ReadError by what the task tells. */
void hgb_fail(const struct binding *self, const struct hg_task *task, enum hg_status status)
    __attribute__((noreturn));

/* The same, unless the status is HG_OK. */
static inline void
hgb_check(const struct binding *self, const struct hg_task *task, enum hg_status status) {
    if (status != HG_OK) hgb_fail(self, task, status);
}

/* A node's number from Ruby; raises ArgumentError where there is no such node. */
uint32_t hgb_node(const struct binding *self, VALUE number);

/* How large or how many; raises ArgumentError for what is negative. */
uint64_t hgb_amount(VALUE number);

/* The same, of which the graph has no more than the result, so that room for all can be had. */
uint32_t hgb_limit(const struct binding *self, VALUE number);

/* An Integer, or nil for HG_NO_NODE. */
VALUE hgb_node_or_nil(uint32_t node);

/* A frozen String, or nil for HG_NO_STRING. */
VALUE hgb_text(const struct hg_graph *graph, uint32_t string);

/* An Array of Integers. The list is given back. */
VALUE hgb_list(struct hg_numbers *list);

/* Add the methods of account.c, answers.c and objects.c to the class. */
void hgb_define_account(VALUE class);
void hgb_define_answers(VALUE class);
void hgb_define_objects(VALUE class);

/* Defines HeapDump::Growth, which leaks_binding.c has. */
void hgb_define_growth(VALUE heapdump);

#endif
