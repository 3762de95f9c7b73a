/*
 * Place in the flow: see binding.h. Which of many objects are held in one way, as a method of
 * HeapDump::Graph.
 */
#include "binding/binding.h"
#include "growth/held.h"

struct question {
    const struct hg_asked *asked;
    size_t count;
    struct hg_held_list list;
};

static enum hg_status
find(struct binding *self, void *data) {
    struct question *question = data;
    return hg_held_find(self->analysis.graph, &self->analysis.parents, question->asked,
                        question->count, &self->task, &question->list);
}

static void
free_list(void *data) {
    struct question *question = data;
    hg_held_free(&question->list);
}

/*
 *  call-seq: graph.held(objects) -> [[first, way, objects, bytes], …]
 *
 * Puts objects together that were made in one run, at one site and of one class, and are held in
 * one way (held.h). `objects` is a String with a struct hg_asked for each. `first` is the index of
 * the first of them, and `way` that of the first of any run that is alike.
 */
static VALUE
graph_held(VALUE self, VALUE objects) {
    struct binding *binding = hgb_with(self, HG_PART_PARENTS);
    StringValue(objects);
    VALUE kept = rb_str_new(RSTRING_PTR(objects), RSTRING_LEN(objects)); // it may change meanwhile
    struct question question = {
        .asked = (const struct hg_asked *)(const void *)RSTRING_PTR(kept),
        .count = (size_t)RSTRING_LEN(kept) / sizeof(struct hg_asked),
    };
    hgb_run(binding, find, &question, free_list);
    RB_GC_GUARD(kept);
    VALUE all = rb_ary_new_capa((long)question.list.count);
    for (size_t i = 0; i < question.list.count; i++) {
        const struct hg_held *item = &question.list.items[i];
        rb_ary_push(all, rb_ary_new_from_args(4, UINT2NUM(item->first), UINT2NUM(item->way),
                                              ULL2NUM(item->objects), ULL2NUM(item->bytes)));
    }
    free_list(&question);
    return all;
}

void
hgb_define_held(VALUE class) {
    rb_define_method(class, "held", graph_held, 1);
}
