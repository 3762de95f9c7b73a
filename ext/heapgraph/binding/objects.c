/*
 * Place in the flow: see binding.h. Objects by what they are, as methods of HeapDump::Graph:
 * modules by name, pages of the heap, and equal strings.
 */
#include "binding/binding.h"
#include "search/find.h"
#include "search/pages.h"
#include "search/texts.h"

struct referred_search {
    uint32_t limit;
    bool program;
    struct hg_numbers nodes;
};

static void
free_referred(void *data) {
    struct referred_search *search = data;
    hg_numbers_free(&search->nodes);
}

static enum hg_status
find_most_referred(struct binding *self, void *data) {
    struct referred_search *search = data;
    const struct hg_inverse *inverse = self->has[HG_PART_INVERSE] ? &self->analysis.inverse : NULL;
    enum hg_status status = hg_most_referred(self->analysis.graph, inverse, search->program,
                                             search->limit, &self->task, &search->nodes);
    if (status != HG_OK) free_referred(search);
    return status;
}

/* call-seq: graph.most_referred(limit, program's own alone) -> [node, references, …] */
static VALUE
graph_most_referred(VALUE self, VALUE limit, VALUE program) {
    struct binding *binding = hgb_loaded(self);
    if (hg_analysis_has(&binding->analysis, HG_PART_INVERSE)) hgb_with(self, HG_PART_INVERSE);
    struct referred_search search = {.limit = hgb_limit(binding, limit), .program = RTEST(program)};
    hgb_run(binding, find_most_referred, &search, free_referred);
    return hgb_list(&search.nodes);
}

/* call-seq: graph.modules_named(name or nil) -> nodes */
static VALUE
graph_modules_named(VALUE self, VALUE name) {
    struct binding *binding = hgb_loaded(self);
    struct hg_numbers nodes = {0};
    if (!NIL_P(name)) StringValue(name);
    enum hg_status status = hg_modules_named(binding->analysis.graph,
                                             NIL_P(name) ? NULL : RSTRING_PTR(name),
                                             NIL_P(name) ? 0 : (size_t)RSTRING_LEN(name), &nodes);
    if (status != HG_OK) hg_numbers_free(&nodes);
    hgb_check(binding, &binding->task, status);
    return hgb_list(&nodes);
}

struct page_count {
    uint64_t page_bytes;
    struct hg_pages pages;
    struct hg_numbers sparse;
    bool list; /* whether objects on sparse pages are listed */
};

static void
free_sparse(void *data) {
    struct page_count *count = data;
    hg_numbers_free(&count->sparse);
}

static enum hg_status
count_pages(struct binding *self, void *data) {
    struct page_count *count = data;
    enum hg_status status = hg_count_pages(self->analysis.graph, &self->analysis.tree,
                                           count->page_bytes, &self->task, &count->pages,
                                           count->list ? &count->sparse : NULL);
    if (status != HG_OK) free_sparse(count);
    return status;
}

static void
read_pages(VALUE self, VALUE page_bytes, struct page_count *count) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    count->page_bytes = hgb_amount(page_bytes);
    if (count->page_bytes == 0) rb_raise(rb_eArgError, "a page has more than no bytes");
    hgb_run(binding, count_pages, count, free_sparse);
}

/* call-seq: graph.pages(bytes of a page) -> [used, sparse, objects on sparse ones, dead] */
static VALUE
graph_pages(VALUE self, VALUE page_bytes) {
    struct page_count count = {0};
    read_pages(self, page_bytes, &count);
    return rb_ary_new_from_args(4, ULL2NUM(count.pages.used), ULL2NUM(count.pages.sparse),
                                ULL2NUM(count.pages.sparse_objects), ULL2NUM(count.pages.dead));
}

/* call-seq: graph.on_sparse_pages(bytes of a page) -> nodes, the live objects there */
static VALUE
graph_on_sparse_pages(VALUE self, VALUE page_bytes) {
    struct page_count count = {.list = true};
    read_pages(self, page_bytes, &count);
    return hgb_list(&count.sparse);
}

struct text_search {
    const char *bytes;
    size_t size;
    struct hg_numbers nodes;
};

static void
free_text_search(void *data) {
    struct text_search *search = data;
    hg_numbers_free(&search->nodes);
}

static enum hg_status
find_texts(struct binding *self, void *data) {
    struct text_search *search = data;
    enum hg_status status = hg_texts_with(self->analysis.graph, search->bytes, search->size,
                                          &self->task, &search->nodes);
    if (status != HG_OK) free_text_search(search);
    return status;
}

/*
 *  call-seq: graph.texts_with(bytes) -> nodes
 *
 * Strings, symbols and regexps in whose line these bytes are, and those whose content is in Base64.
 */
static VALUE
graph_texts_with(VALUE self, VALUE bytes) {
    struct binding *binding = hgb_loaded(self);
    bytes = rb_str_new_frozen(StringValue(bytes));
    struct text_search search = {.bytes = RSTRING_PTR(bytes), .size = (size_t)RSTRING_LEN(bytes)};
    hgb_run(binding, find_texts, &search, free_text_search);
    RB_GC_GUARD(bytes);
    return hgb_list(&search.nodes);
}

struct repeat_search {
    uint32_t limit;
    struct hg_repeats repeats;
};

static void
free_repeats(void *data) {
    struct repeat_search *search = data;
    hg_repeats_free(&search->repeats);
}

static enum hg_status
find_repeats(struct binding *self, void *data) {
    struct repeat_search *search = data;
    return hg_repeats_find(self->analysis.graph, &self->analysis.tree, search->limit, &self->task,
                           &search->repeats);
}

/*
 *  call-seq: graph.repeats(limit, members) -> [strings, compared, contents, copies, wasted, groups]
 *
 * Live strings with the same content. Each group is [count, bytes, wasted bytes, nodes], with at
 * most `members` nodes, evenly spread.
 */
static VALUE
graph_repeats(VALUE self, VALUE limit, VALUE members) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    uint32_t most = NUM2UINT(members);
    struct repeat_search search = {.limit = hgb_limit(binding, limit)};
    hgb_run(binding, find_repeats, &search, free_repeats);

    const struct hg_repeats *repeats = &search.repeats;
    VALUE groups = rb_ary_new();
    for (size_t i = 0; i < repeats->count; i++) {
        const struct hg_repeat *repeat = &repeats->items[i];
        uint32_t told = repeat->count < most ? repeat->count : most;
        VALUE nodes = rb_ary_new_capa(told);
        for (uint64_t k = 0; k < told; k++)
            rb_ary_push(nodes, UINT2NUM(repeats->nodes[repeat->first + k * repeat->count / told]));
        rb_ary_push(groups, rb_ary_new_from_args(4, UINT2NUM(repeat->count), ULL2NUM(repeat->bytes),
                                                 ULL2NUM(repeat->wasted), nodes));
    }
    VALUE answer = rb_ary_new_from_args(6, ULL2NUM(repeats->strings), ULL2NUM(repeats->compared),
                                        ULL2NUM(repeats->groups), ULL2NUM(repeats->copies),
                                        ULL2NUM(repeats->wasted), groups);
    free_repeats(&search);
    return answer;
}

void
hgb_define_objects(VALUE class) {
    rb_define_method(class, "modules_named", graph_modules_named, 1);
    rb_define_method(class, "most_referred", graph_most_referred, 2);
    rb_define_method(class, "pages", graph_pages, 1);
    rb_define_method(class, "on_sparse_pages", graph_on_sparse_pages, 1);
    rb_define_method(class, "texts_with", graph_texts_with, 1);
    rb_define_method(class, "repeats", graph_repeats, 2);
}
