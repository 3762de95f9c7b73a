/*
 * Place in the flow: see binding.h. HeapDump::Growth: several dumps of one process and what grew
 * from one to the next, for lib/heapdump/leaks.
 */
#include "binding/binding.h"
#include "growth/leaks.h"
#include "growth/leaks_names.h"

struct ruby_growth {
    struct hg_growth growth;
    struct hg_leaks leaks;
    VALUE graphs; /* an Array, so that they live as long as this does */
    size_t told;  /* bytes of which Ruby's GC has been told */
};

static void
mark(void *data) {
    struct ruby_growth *self = data;
    rb_gc_mark(self->graphs);
}

static void
release(void *data) {
    struct ruby_growth *self = data;
    hg_leaks_free(&self->leaks);
    hg_growth_free(&self->growth);
    rb_gc_adjust_memory_usage(-(ssize_t)self->told);
    ruby_xfree(self);
}

static size_t
size(const void *data) {
    const struct ruby_growth *self = data;
    size_t bytes = sizeof(*self) + (size_t)self->growth.trails.room * 32;
    for (uint32_t i = 0; i < self->growth.dumps; i++) {
        uint32_t nodes = self->growth.dump[i].graph->nodes;
        bytes += (size_t)nodes * (i + 1 < self->growth.dumps ? 4 : 18);
    }
    return bytes;
}

static const rb_data_type_t growth_type = {
    .wrap_struct_name = "HeapDump::Growth",
    .function = {.dmark = mark, .dfree = release, .dsize = size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static enum hg_status
find(struct binding *last, void *data) {
    struct ruby_growth *self = data;
    const struct hg_rules rules = self->growth.rules;
    struct hg_growth_source sources[HG_MAX_DUMPS];
    uint32_t count = (uint32_t)RARRAY_LEN(self->graphs);
    for (uint32_t i = 0; i < count; i++) {
        sources[i] = hgb_source(RTYPEDDATA_DATA(RARRAY_AREF(self->graphs, i)));
    }
    enum hg_status status = hg_growth_init(&self->growth, &rules);
    if (status == HG_OK) status = hg_growth_add(&self->growth, sources, count, &last->task);
    return status == HG_OK ? hg_leaks_find(&self->growth, &last->task, &self->leaks) : status;
}

/* The rule with a name. Raises ArgumentError if it is no positive Integer. */
static uint32_t
rule(VALUE rules, const char *name) {
    VALUE value = rb_hash_lookup2(rules, ID2SYM(rb_intern(name)), Qnil);
    if (!FIXNUM_P(value) || FIX2LONG(value) <= 0 || FIX2LONG(value) > INT32_MAX)
        rb_raise(rb_eArgError, "the rule %s is no positive Integer", name);
    return (uint32_t)FIX2LONG(value);
}

#define RULES 10

static struct hg_rules
rules_of(VALUE hash) {
    Check_Type(hash, T_HASH);
    if (RHASH_SIZE(hash) != RULES) rb_raise(rb_eArgError, "give %d rules", RULES);
    return (struct hg_rules){
        .idle = rule(hash, "idle"),
        .symbols_per_step = rule(hash, "symbols_per_step"),
        .stay_per_step = rule(hash, "stay_per_step"),
        .stay_dumps = rule(hash, "stay_dumps"),
        .inner_objects = rule(hash, "inner_objects"),
        .inner_bytes = rule(hash, "inner_bytes"),
        .other_holders = rule(hash, "other_holders"),
        .content_bytes = rule(hash, "content_bytes"),
        .line_bytes = rule(hash, "line_bytes"),
        .cache_bytes = rule(hash, "cache_bytes"),
    };
}

/*
 *  call-seq: HeapDump::Growth.of(graphs, rules) -> growth
 *
 * Compares loaded dumps, at least two, the oldest first. `rules` is a Hash with the fields of
 * struct hg_rules (growth.h): all of them and no others.
 */
static VALUE
growth_of(VALUE class, VALUE graphs, VALUE rules) {
    struct ruby_growth *self;
    VALUE growth = TypedData_Make_Struct(class, struct ruby_growth, &growth_type, self);
    self->graphs = Qnil;
    self->growth.rules = rules_of(rules);
    self->graphs = rb_ary_dup(rb_convert_type(graphs, T_ARRAY, "Array", "to_ary"));
    rb_obj_freeze(self->graphs);
    long dumps = RARRAY_LEN(self->graphs);
    if (dumps < 2 || dumps > HG_MAX_DUMPS)
        rb_raise(rb_eArgError, "give 2 to %d dumps, not %ld", HG_MAX_DUMPS, dumps);
    for (long i = 0; i < dumps; i++) hgb_loaded(RARRAY_AREF(self->graphs, i));
    hgb_run(hgb_loaded(RARRAY_AREF(self->graphs, dumps - 1)), find, self, NULL);
    self->told = size(self);
    rb_gc_adjust_memory_usage((ssize_t)self->told);
    return growth;
}

static struct ruby_growth *
growth_in(VALUE growth) {
    return rb_check_typeddata(growth, &growth_type);
}

static const struct hg_growth_dump *
last_of(const struct ruby_growth *self) {
    return &self->growth.dump[self->growth.dumps - 1];
}

static void
set(VALUE hash, const char *key, VALUE value) {
    rb_hash_aset(hash, ID2SYM(rb_intern(key)), value);
}

static VALUE
numbers(const struct ruby_growth *self, const uint64_t *of_dumps) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->growth.dumps; i++) rb_ary_push(array, ULL2NUM(of_dumps[i]));
    return array;
}

static VALUE
counts(const struct ruby_growth *self, uint32_t trail) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->growth.dumps; i++)
        rb_ary_push(array, ULL2NUM(hg_growth_count(&self->growth, i, trail)));
    return array;
}

static VALUE
parts(const struct ruby_growth *self, const struct hg_leak_part *part, uint32_t count) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < count; i++) {
        if (part[i].example == HG_NO_NODE) continue;
        VALUE hash = rb_hash_new();
        set(hash, "counts", counts(self, part[i].trail));
        set(hash, "example", UINT2NUM(part[i].example));
        set(hash, "wrapped", UINT2NUM(part[i].wrapped));
        uint32_t above = self->growth.trails.items[part[i].trail].parent;
        set(hash, "holders_grow", hg_grows(&self->growth, above) ? Qtrue : Qfalse);
        set(hash, "rank", INT2FIX(last_of(self)->ways.rank[part[i].example]));
        rb_ary_push(array, hash);
    }
    return array;
}

static VALUE
other_holders(const struct hg_leak *leak) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < leak->others; i++) {
        const struct hg_leak_holder *other = &leak->other[i];
        rb_ary_push(array, rb_ary_new_from_args(4, UINT2NUM(other->node), UINT2NUM(other->name),
                                                UINT2NUM(other->target), ULL2NUM(other->count)));
    }
    return array;
}

/* Of the first part, by dump: how many objects stay for one step, or for two; see leaks_stay.c. */
static VALUE
stayed(const struct ruby_growth *self, const struct hg_leak *leak, bool twice) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->growth.dumps; i++) {
        const struct hg_leak_stayed *of = self->leaks.stayed[i];
        uint32_t trail = leak->part[0].trail;
        uint32_t number = !of ? 0 : twice ? of[trail].twice : of[trail].once;
        rb_ary_push(array, UINT2NUM(number));
    }
    return array;
}

/* Returns [number of another leak, how many of its new objects this leak holds as well]. */
static VALUE
related(const struct ruby_growth *self, const struct hg_leak *leak) {
    VALUE array = rb_ary_new();
    size_t row = (size_t)(leak - self->leaks.leak) * HG_MAX_LEAKS;
    for (uint32_t i = 0; i < self->leaks.leaks; i++) {
        uint32_t held = self->leaks.related[row + i];
        if (held) rb_ary_push(array, rb_assoc_new(UINT2NUM(i), UINT2NUM(held)));
    }
    return array;
}

static VALUE
leak_hash(const struct ruby_growth *self, const struct hg_leak *leak) {
    VALUE hash = rb_hash_new();
    set(hash, "parts", parts(self, leak->part, leak->parts));
    set(hash, "inner", parts(self, leak->inner, leak->inners));
    set(hash, "retained", numbers(self, leak->retained));
    set(hash, "kept", numbers(self, leak->kept));
    set(hash, "stayed", stayed(self, leak, false));
    set(hash, "stayed_twice", stayed(self, leak, true));
    set(hash, "related", related(self, leak));
    set(hash, "container", hgb_node_or_nil(leak->container));
    set(hash, "newcomers", ULL2NUM(leak->newcomers));
    set(hash, "contained", ULL2NUM(leak->contained));
    set(hash, "containers", ULL2NUM(leak->containers));
    set(hash, "chained", ULL2NUM(leak->chained));
    set(hash, "location", hgb_text(last_of(self)->graph, leak->location));
    set(hash, "located", ULL2NUM(leak->located));
    set(hash, "placed", ULL2NUM(leak->placed));
    set(hash, "others", other_holders(leak));
    return hash;
}

/*
 *  call-seq: growth.leaks -> array of hashes
 *
 * The fields of struct hg_leak; leak.h says what each number counts. Nodes are those of the last
 * dump. In a part, "counts" has its objects by dump, "holders_grow" says whether the number of
 * objects on the trail above it grows, and "rank" is that of the path to the example.
 */
static VALUE
growth_leaks(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->leaks.leaks; i++)
        rb_ary_push(array, leak_hash(self, &self->leaks.leak[i]));
    return array;
}

/* call-seq: growth.more -> how many leaks there are besides */
static VALUE
growth_more(VALUE growth) {
    return UINT2NUM(growth_in(growth)->leaks.more);
}

/* call-seq: growth.stable -> array: of a thousand objects, how many the next dump has, by dump */
static VALUE
growth_stable(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i + 1 < self->growth.dumps; i++)
        rb_ary_push(array, UINT2NUM(self->leaks.stable[i]));
    return array;
}

/*
 *  call-seq: growth.contents -> array of [bytes, nodes of the first dump, of the second, …]
 *
 * Objects whose number is the same and whose bytes or lines grew; those that grew most come first.
 */
static VALUE
growth_contents(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->leaks.contents; i++) {
        const struct hg_leak_content *content = &self->leaks.content[i];
        VALUE entry = rb_ary_new_from_args(1, ULL2NUM(content->growth));
        for (uint32_t dump = 0; dump < self->growth.dumps; dump++) {
            uint32_t nodes[HG_MAX_SAMPLES];
            uint32_t found = hg_leaks_nodes(&self->growth, dump, content->trail, nodes,
                                            HG_MAX_SAMPLES);
            VALUE list = rb_ary_new();
            for (uint32_t k = 0; k < found; k++) rb_ary_push(list, UINT2NUM(nodes[k]));
            rb_ary_push(entry, list);
        }
        rb_ary_push(array, entry);
    }
    return array;
}

/*
 *  call-seq: growth.newcomers(node, limit) -> nodes
 *
 * New objects on the trail of a node of the last dump (hg_growth_is_new), the youngest addresses
 * last; if none is new, all objects count as new.
 */
static VALUE
growth_newcomers(VALUE growth, VALUE number, VALUE limit) {
    const struct ruby_growth *self = growth_in(growth);
    const struct hg_growth_dump *last = last_of(self);
    uint32_t node = NUM2UINT(number), most = NUM2UINT(limit);
    if (node >= last->graph->nodes) rb_raise(rb_eArgError, "there is no node %u", node);
    uint32_t trail = last->trail[node];
    VALUE array = rb_ary_new();
    if (trail == HG_NO_TRAIL) return array;
    for (int all = 0; all < 2 && RARRAY_LEN(array) == 0; all++) {
        for (uint32_t i = 0; i < last->graph->objects && RARRAY_LEN(array) < (long)most; i++) {
            if (last->trail[i] == trail && (all || hg_growth_is_new(&self->growth, i)))
                rb_ary_push(array, UINT2NUM(i));
        }
    }
    return array;
}

static VALUE
sums(const struct ruby_growth *self, const struct hg_trail_sum *of_dumps, bool bytes) {
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->growth.dumps; i++)
        rb_ary_push(array, ULL2NUM(bytes ? of_dumps[i].bytes : of_dumps[i].count));
    return array;
}

/*
 *  call-seq: growth.kinds -> array of hashes
 *
 * The fields of struct hg_leak_kind: "counts" and "bytes" of the whole kind by dump, "part_counts"
 * and "part_bytes" of its part, "example" (a node of the last dump, or nil) and "vm".
 */
static VALUE
growth_kinds(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->leaks.kinds; i++) {
        const struct hg_leak_kind *kind = &self->leaks.kind[i];
        VALUE hash = rb_hash_new();
        set(hash, "counts", sums(self, kind->sum, false));
        set(hash, "bytes", sums(self, kind->sum, true));
        set(hash, "part_counts", sums(self, kind->part, false));
        set(hash, "part_bytes", sums(self, kind->part, true));
        set(hash, "example", hgb_node_or_nil(kind->example));
        set(hash, "vm", kind->vm ? Qtrue : Qfalse);
        rb_ary_push(array, hash);
    }
    return array;
}

/* call-seq: growth.reached -> array of [objects that are held, their bytes], by dump */
static VALUE
growth_reached(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < self->growth.dumps; i++)
        rb_ary_push(array, rb_assoc_new(ULL2NUM(self->leaks.reached[i]),
                                        ULL2NUM(self->leaks.reached_bytes[i])));
    return array;
}

#define MOST_NAMES 4096 /* how many nodes are returned for one kind of names */

/*
 *  call-seq: growth.names -> array of [kind, counts, nodes of the first dump, of the second, …]
 *
 * Kinds of names of which the objects of one trail have more in each dump, and how many of them
 * each dump has (leaks_names.h).
 */
static VALUE
growth_names(VALUE growth) {
    const struct ruby_growth *self = growth_in(growth);
    struct hg_leak_names names[HG_MAX_NAMES];
    VALUE buffer = 0;
    uint32_t found, *nodes = ALLOCV_N(uint32_t, buffer, MOST_NAMES);
    if (hg_leaks_names(&self->growth, names, &found) != HG_OK) rb_memerror();
    VALUE array = rb_ary_new();
    for (uint32_t i = 0; i < found; i++) {
        VALUE counts = rb_ary_new(),
              entry = rb_ary_new_from_args(2, INT2FIX(names[i].kind), counts);
        for (uint32_t dump = 0; dump < self->growth.dumps; dump++) {
            uint32_t named = hg_leaks_named(&self->growth, dump, &names[i], nodes, MOST_NAMES);
            VALUE list = rb_ary_new();
            for (uint32_t k = 0; k < named; k++) rb_ary_push(list, UINT2NUM(nodes[k]));
            rb_ary_push(counts, UINT2NUM(names[i].count[dump]));
            rb_ary_push(entry, list);
        }
        rb_ary_push(array, entry);
    }
    ALLOCV_END(buffer);
    return array;
}

/*
 *  call-seq: growth.way(node) -> [node, name, node, name, …, node]
 *
 * The path to a node of the last dump, from where it begins (mostly a root), with the names of the
 * edges between.
 */
static VALUE
growth_way(VALUE growth, VALUE number) {
    const struct ruby_growth *self = growth_in(growth);
    const struct hg_growth_dump *last = last_of(self);
    uint32_t node = NUM2UINT(number);
    if (node >= last->graph->nodes) rb_raise(rb_eArgError, "there is no node %u", node);
    VALUE way = rb_ary_new_from_args(1, UINT2NUM(node));
    for (uint32_t parent; (parent = last->ways.parent[node]) != HG_NO_NODE; node = parent) {
        if (parent == last->graph->nodes - 1) break; // the virtual root
        rb_ary_push(way, UINT2NUM(last->ways.name[node]));
        rb_ary_push(way, UINT2NUM(parent));
    }
    return rb_ary_reverse(way);
}

void
hgb_define_growth(VALUE heapdump) {
    VALUE class = rb_define_class_under(heapdump, "Growth", rb_cObject);
    rb_undef_alloc_func(class);
    rb_define_singleton_method(class, "of", growth_of, 2);
    rb_define_method(class, "leaks", growth_leaks, 0);
    rb_define_method(class, "more", growth_more, 0);
    rb_define_method(class, "stable", growth_stable, 0);
    rb_define_method(class, "contents", growth_contents, 0);
    rb_define_method(class, "kinds", growth_kinds, 0);
    rb_define_method(class, "newcomers", growth_newcomers, 2);
    rb_define_method(class, "names", growth_names, 0);
    rb_define_method(class, "reached", growth_reached, 0);
    rb_define_method(class, "way", growth_way, 1);
}
