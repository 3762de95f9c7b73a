/*
 * Place in the flow: see binding.h. Procs by the code that they run, as methods of HeapDump::Graph.
 */
#include "binding/binding.h"
#include "search/procs.h"

struct code_search {
    bool live;
    struct hg_numbers codes;
    uint64_t procs;
};

static void
free_codes(void *data) {
    struct code_search *search = data;
    hg_numbers_free(&search->codes);
}

static enum hg_status
find_codes(struct binding *self, void *data) {
    struct code_search *search = data;
    const struct hg_tree *tree = search->live ? &self->analysis.tree : NULL;
    enum hg_status status = hg_proc_codes(self->analysis.graph, tree, &self->task, &search->codes,
                                          &search->procs);
    if (status != HG_OK) free_codes(search);
    return status;
}

/* call-seq: graph.proc_codes(live) -> [number of (live) procs, nodes: the codes that they run] */
static VALUE
graph_proc_codes(VALUE self, VALUE live) {
    struct code_search search = {.live = RTEST(live)};
    hgb_run(hgb_with(self, HG_PART_TREE), find_codes, &search, free_codes);
    return rb_assoc_new(ULL2NUM(search.procs), hgb_list(&search.codes));
}

struct proc_search {
    const uint32_t *codes, *groups;
    size_t count;
    uint32_t limit;
    struct hg_numbers procs;     /* of procs_of */
    struct hg_proc_groups found; /* of group_procs */
};

static void
free_procs(void *data) {
    struct proc_search *search = data;
    hg_numbers_free(&search->procs);
    hg_proc_groups_free(&search->found);
}

static enum hg_status
find_procs(struct binding *self, void *data) {
    struct proc_search *search = data;
    enum hg_status status = hg_procs_of(self->analysis.graph, search->codes, search->count,
                                        &self->task, &search->procs);
    if (status != HG_OK) free_procs(search);
    return status;
}

static enum hg_status
group_procs(struct binding *self, void *data) {
    struct proc_search *search = data;
    return hg_group_procs(self->analysis.graph, &self->analysis.tree, search->codes, search->groups,
                          search->count, search->limit, &self->task, &search->found);
}

/* call-seq: graph.procs_of(codes) -> nodes; the codes are in ascending order */
static VALUE
graph_procs_of(VALUE self, VALUE codes) {
    struct binding *binding = hgb_loaded(self);
    VALUE buffer = Qnil;
    struct proc_search search = {0};
    search.codes = hgb_nodes(binding, codes, &buffer, &search.count);
    hgb_run(binding, find_procs, &search, free_procs);
    RB_GC_GUARD(buffer);
    return hgb_list(&search.procs);
}

/* At most `most` of the procs of a group, evenly spread. */
static VALUE
sample_of(const struct hg_proc_groups *found, const struct hg_proc_group *group, uint32_t most) {
    uint32_t told = group->count < most ? group->count : most;
    VALUE nodes = rb_ary_new_capa(told);
    for (uint64_t k = 0; k < told; k++)
        rb_ary_push(nodes, UINT2NUM(found->procs[group->first + k * group->count / told]));
    return nodes;
}

/*
 *  call-seq:
 *    graph.group_procs(codes, groups, limit, members) ->
 *      [groups, procs in them, [[group, procs, bytes, retained bytes, nodes], …]]
 *
 * Puts live procs into groups by their codes, which are in ascending order: groups has a node for
 * each code, that stands for its group. Each group has at most `members` nodes, evenly spread.
 */
static VALUE
graph_group_procs(VALUE self, VALUE codes, VALUE groups, VALUE limit, VALUE members) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    uint32_t most = NUM2UINT(members);
    VALUE code_buffer = Qnil, group_buffer = Qnil;
    size_t group_count;
    struct proc_search search = {.limit = hgb_limit(binding, limit)};
    search.codes = hgb_nodes(binding, codes, &code_buffer, &search.count);
    search.groups = hgb_nodes(binding, groups, &group_buffer, &group_count);
    if (search.count != group_count) rb_raise(rb_eArgError, "each code has a group");
    hgb_run(binding, group_procs, &search, free_procs);
    RB_GC_GUARD(code_buffer);
    RB_GC_GUARD(group_buffer);

    const struct hg_proc_groups *found = &search.found;
    VALUE rows = rb_ary_new_capa((long)found->count);
    for (size_t i = 0; i < found->count; i++) {
        const struct hg_proc_group *group = &found->items[i];
        rb_ary_push(rows, rb_ary_new_from_args(5, UINT2NUM(group->group), UINT2NUM(group->count),
                                               ULL2NUM(group->bytes), ULL2NUM(group->retained),
                                               sample_of(found, group, most)));
    }
    VALUE answer = rb_ary_new_from_args(3, ULL2NUM(found->groups), ULL2NUM(found->members), rows);
    free_procs(&search);
    return answer;
}

void
hgb_define_procs(VALUE class) {
    rb_define_method(class, "proc_codes", graph_proc_codes, 1);
    rb_define_method(class, "procs_of", graph_procs_of, 1);
    rb_define_method(class, "group_procs", graph_group_procs, 4);
}
