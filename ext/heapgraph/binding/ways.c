/*
 * Place in the flow: see binding.h. The objects of one dump by how they are held, as a method of
 * HeapDump::Graph.
 */
#include "binding/binding.h"
#include "growth/way_list.h"

struct listing {
    uint32_t limit;
    struct hg_way_list list;
    /* The paths to the examples, each from the example up: node, name, node, name, …, node. */
    struct hg_numbers paths;
    size_t *end; /* by item: where its path ends */
};

static void
free_listing(void *data) {
    struct listing *listing = data;
    hg_way_list_free(&listing->list);
    hg_numbers_free(&listing->paths);
    free(listing->end);
}

/* Adds the path of a node, without the virtual root. */
static void
add_path(const struct hg_growth_dump *dump, uint32_t node, struct hg_numbers *paths) {
    hg_numbers_add(paths, node);
    for (uint32_t parent; (parent = dump->ways.parent[node]) != HG_NO_NODE; node = parent) {
        if (parent == dump->graph->nodes - 1) break;
        hg_numbers_add(paths, dump->ways.name[node]);
        hg_numbers_add(paths, parent);
    }
}

static enum hg_status
add_paths(const struct hg_growth_dump *dump, struct listing *listing) {
    size_t count = listing->list.count;
    listing->end = malloc((count ? count : 1) * sizeof(*listing->end));
    if (!listing->end) return HG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        add_path(dump, listing->list.items[i].example, &listing->paths);
        listing->end[i] = listing->paths.count;
    }
    return listing->paths.failed ? HG_NO_MEMORY : HG_OK;
}

static enum hg_status
list_ways(struct binding *self, void *data) {
    struct listing *listing = data;
    const struct hg_growth_source source = hgb_source(self);
    struct hg_growth growth;
    enum hg_status status = hg_growth_init(&growth, &(struct hg_rules){0});
    if (status != HG_OK) return status;
    status = hg_growth_add(&growth, &source, 1, &self->task);
    if (status == HG_OK)
        status = hg_list_ways(&growth, &self->analysis.tree, listing->limit, &self->task,
                              &listing->list);
    if (status == HG_OK) status = add_paths(&growth.dump[0], listing);
    hg_growth_free(&growth);
    if (status != HG_OK) free_listing(listing);
    return status;
}

static VALUE
path_of(const struct listing *listing, size_t item) {
    size_t begin = item ? listing->end[item - 1] : 0, end = listing->end[item];
    VALUE path = rb_ary_new_capa((long)(end - begin));
    while (end-- > begin) rb_ary_push(path, UINT2NUM(listing->paths.items[end]));
    return path;
}

static VALUE
sum_of(struct hg_listed_sum sum) {
    return rb_ary_new_from_args(3, ULL2NUM(sum.ways), ULL2NUM(sum.objects), ULL2NUM(sum.bytes));
}

/*
 *  call-seq:
 *    graph.ways(limit) -> [other, hidden, [[names, objects, bytes, retained, path], …]]
 *
 * The ways in which the program holds objects (way_list.h), those that retain most first. `names`
 * is true where names of one holder are summed up. The path, [node, name, node, …, node], leads to
 * one of the objects. `other` is [ways, objects, bytes] of the ways that are not returned, and
 * `hidden` the same of what is not the program's.
 */
static VALUE
graph_ways(VALUE self, VALUE limit) {
    hgb_keep_ways(self);
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct listing listing = {.limit = hgb_limit(binding, limit)};
    hgb_run(binding, list_ways, &listing, free_listing);
    VALUE ways = rb_ary_new_capa((long)listing.list.count);
    for (size_t i = 0; i < listing.list.count; i++) {
        const struct hg_listed_way *way = &listing.list.items[i];
        rb_ary_push(ways, rb_ary_new_from_args(5, way->names ? Qtrue : Qfalse,
                                               ULL2NUM(way->objects), ULL2NUM(way->bytes),
                                               ULL2NUM(way->retained), path_of(&listing, i)));
    }
    VALUE answer = rb_ary_new_from_args(3, sum_of(listing.list.other), sum_of(listing.list.hidden),
                                        ways);
    free_listing(&listing);
    return answer;
}

/*
 *  call-seq: graph.keep_ways -> nil
 *
 * Makes sure that the index of the dump, if it has one, has what a comparison needs to know of this
 * dump alone, so that it is found once. Several graphs may do so at once, each in a thread.
 */
static VALUE
graph_keep_ways(VALUE self) {
    hgb_keep_ways(self);
    return Qnil;
}

void
hgb_define_ways(VALUE class) {
    rb_define_method(class, "keep_ways", graph_keep_ways, 0);
    rb_define_method(class, "ways", graph_ways, 1);
}
