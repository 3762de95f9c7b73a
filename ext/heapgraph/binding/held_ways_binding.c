/*
 * Place in the flow: see binding.h. In which ways many given objects are held, as a method of
 * HeapDump::Graph.
 */
#include "binding/binding.h"
#include "growth/held_ways.h"

struct question {
    struct hg_survivors survivors;
    uint32_t most;
    struct hg_held_ways found;
};

static enum hg_status
find(struct binding *self, void *data) {
    struct question *question = data;
    return hg_held_ways_find(self->analysis.graph, &self->analysis.parents, &question->survivors,
                             question->most, &self->task, &question->found);
}

static void
free_found(void *data) {
    struct question *question = data;
    hg_held_ways_free(&question->found);
}

/* A number of 32 bits, which is `least` at least. */
static uint32_t
number(VALUE value, uint32_t least) {
    uint64_t amount = hgb_amount(value);
    if (amount < least || amount >= UINT32_MAX)
        rb_raise(rb_eArgError, "%llu is no such number", (unsigned long long)amount);
    return (uint32_t)amount;
}

/* A copy, as the String may change meanwhile. */
static VALUE
copy(VALUE packed) {
    StringValue(packed);
    return rb_str_new(RSTRING_PTR(packed), RSTRING_LEN(packed));
}

static void
check(const struct hg_survivors *survivors) {
    if (survivors->count >= UINT32_MAX) rb_raise(rb_eArgError, "too many objects");
    for (size_t i = 0; i < survivors->count; i++) {
        const struct hg_survivor *item = &survivors->items[i];
        if (item->run >= survivors->runs || item->site >= survivors->sites)
            rb_raise(rb_eArgError, "object %zu has no such run or site", i);
    }
}

static VALUE
figures(const uint64_t *row, size_t runs) {
    VALUE list = rb_ary_new_capa((long)runs);
    for (size_t run = 0; run < runs; run++) rb_ary_push(list, ULL2NUM(row[run]));
    return list;
}

static VALUE
path_of(const struct hg_held_ways *found, size_t way) {
    size_t begin = way ? found->ways[way - 1].path_end : 0, end = found->ways[way].path_end;
    if (begin == end) return Qnil;
    VALUE path = rb_ary_new_capa((long)(end - begin));
    for (size_t i = begin; i < end; i++) rb_ary_push(path, UINT2NUM(found->paths.items[i]));
    return path;
}

static VALUE
rest_of(const struct question *question, int by) {
    const struct hg_held_rest *rest = &question->found.rest[by];
    size_t runs = question->survivors.runs;
    return rb_ary_new_from_args(6, ULL2NUM(rest->ways), ULL2NUM(rest->objects),
                                ULL2NUM(rest->bytes),
                                figures(question->found.rest_objects + (size_t)by * runs, runs),
                                ULL2NUM(rest->growing), ULL2NUM(rest->few));
}

/* Those of one hg_held_by; *way is the first of them, and becomes the first of the next. */
static VALUE
answer_of(const struct question *question, int by, size_t *way) {
    const struct hg_held_ways *found = &question->found;
    size_t runs = question->survivors.runs;
    VALUE ways = rb_ary_new();
    for (; *way < found->count && (int)found->ways[*way].by == by; ++*way) {
        size_t row = *way * runs;
        rb_ary_push(ways,
                    rb_ary_new_from_args(4, UINT2NUM(found->ways[*way].example),
                                         figures(found->objects + row, runs),
                                         figures(found->bytes + row, runs), path_of(found, *way)));
    }
    return rb_assoc_new(ways, rest_of(question, by));
}

/*
 *  call-seq:
 *    graph.held_ways(survivors, places, runs, most) ->
 *      [[[[example, [objects, …], [bytes, …], path], …],
 *        [ways, objects, bytes, [objects, …], growing, few]], …]
 *
 * The ways in which the survivors are held (held_ways.h): up to `most` of each hg_held_by, and then
 * those that are not given, summed up. `survivors` is a String with a struct hg_survivor for each,
 * `places` one with a number of 32 bits for each site. Lists of objects and bytes are by run. The
 * path to the example, an index of `survivors`, is [node, name, node, …, node], or nil.
 */
static VALUE
graph_held_ways(VALUE self, VALUE survivors, VALUE places, VALUE runs, VALUE most) {
    struct binding *binding = hgb_with(self, HG_PART_PARENTS);
    VALUE items = copy(survivors), place = copy(places);
    struct question question = {
        .survivors = {.items = (const void *)RSTRING_PTR(items),
                      .count = (size_t)RSTRING_LEN(items) / sizeof(struct hg_survivor),
                      .place = (const void *)RSTRING_PTR(place),
                      .sites = number(SIZET2NUM((size_t)RSTRING_LEN(place) / sizeof(uint32_t)), 0),
                      .runs = number(runs, 1)},
        .most = number(most, 0),
    };
    check(&question.survivors);
    hgb_run(binding, find, &question, free_found);
    RB_GC_GUARD(items);
    RB_GC_GUARD(place);
    VALUE answer = rb_ary_new_capa(HG_HELD_BY_ALL);
    size_t way = 0;
    for (int by = 0; by < HG_HELD_BY_ALL; by++) {
        rb_ary_push(answer, answer_of(&question, by, &way));
    }
    free_found(&question);
    return answer;
}

void
hgb_define_held_ways(VALUE class) {
    rb_define_method(class, "held_ways", graph_held_ways, 4);
}
