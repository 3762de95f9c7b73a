/*
 * What a recorder has found, as objects of Ruby; see result.h.
 */
#include "allocations/result.h"

#include <ruby/debug.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

void
hd_survivors_add(const struct hd_life *life, size_t bytes, void *data) {
    struct hd_survivors *survivors = data;
    struct hd_survivor *list = hd_list_room(survivors->list, survivors->size, &survivors->capacity,
                                            sizeof *list);
    if (!list) {
        survivors->failed = true;
        return;
    }
    survivors->list = list;
    list[survivors->size++] = (struct hd_survivor){.address = life->address,
                                                   .bytes = bytes,
                                                   .run = life->run,
                                                   .site = life->site,
                                                   .klass = life->klass,
                                                   .age = (uint32_t)rb_gc_count() - life->birth};
}

void
hd_survivors_free(struct hd_survivors *survivors) {
    free(survivors->list);
    *survivors = (struct hd_survivors){0};
}

static VALUE
text(const struct hd_texts *texts, uint32_t number) {
    return rb_utf8_str_new(hd_texts_at(texts, number), (long)texts->list[number].size);
}

static VALUE
cells(const struct hd_cells *cells) {
    VALUE list = rb_ary_new_capa((long)cells->size);
    for (size_t i = 0; i < cells->size; i++) {
        const struct hd_cell *cell = &cells->list[i];
        const uint64_t figures[] = {cell->run,   cell->site,       cell->klass,   cell->objects,
                                    cell->bytes, cell->ages[0],    cell->ages[1], cell->ages[2],
                                    cell->alive, cell->alive_bytes};
        enum { FIGURES = sizeof figures / sizeof *figures };
        VALUE row = rb_ary_new_capa(FIGURES);
        for (int at = 0; at < FIGURES; at++) rb_ary_push(row, ULL2NUM(figures[at]));
        rb_ary_push(list, row);
    }
    return list;
}

/* "Shop::Cart#add" as long as the code lives, else the name of the method alone. */
static VALUE
name_of_method(const struct hd_sites *sites, uint32_t number) {
    if (number == HD_NO_NUMBER) return Qnil;
    const struct hd_method *method = &sites->methods[number];
    VALUE name = method->frame ? rb_profile_frame_qualified_method_name(method->frame) : Qnil;
    return RB_TYPE_P(name, T_STRING) ? name : text(&sites->texts, method->label);
}

static VALUE
places(const struct hd_sites *sites) {
    VALUE list = rb_ary_new_capa((long)sites->places_size);
    VALUE paths = rb_ary_new_capa((long)sites->texts.size);
    for (size_t i = 0; i < sites->places_size; i++) {
        const struct hd_place *place = &sites->places[i];
        VALUE path = rb_ary_entry(paths, place->path);
        if (NIL_P(path)) rb_ary_store(paths, place->path, path = text(&sites->texts, place->path));
        rb_ary_push(list, rb_ary_new_from_args(3, path, INT2NUM(place->line),
                                               name_of_method(sites, place->method)));
    }
    return list;
}

static VALUE
stacks(const struct hd_sites *sites) {
    VALUE list = rb_ary_new_capa((long)sites->stacks_size);
    for (size_t i = 0; i < sites->stacks_size; i++) {
        const struct hd_stack *stack = &sites->stacks[i];
        VALUE below = stack->below == HD_NO_NUMBER ? Qnil : UINT2NUM(stack->below);
        rb_ary_push(list, rb_assoc_new(below, UINT2NUM(stack->place)));
    }
    return list;
}

static VALUE
classes(const struct hd_recorder *recorder) {
    VALUE all = rb_hash_new();
    for (size_t i = 0; i < recorder->cells.size; i++) {
        uint32_t klass = recorder->cells.list[i].klass;
        VALUE key = UINT2NUM(klass);
        if (!NIL_P(rb_hash_aref(all, key))) continue;
        VALUE name = text(&recorder->classes.names, klass & ~(uint32_t)HD_INTERNAL);
        rb_hash_aset(all, key, rb_assoc_new(name, klass & HD_INTERNAL ? Qtrue : Qfalse));
    }
    return all;
}

/* How many of them a program sees. */
static size_t
seen(const struct hd_survivors *survivors) {
    size_t seen = 0;
    for (size_t i = 0; i < survivors->size; i++) {
        seen += !(survivors->list[i].klass & HD_INTERNAL);
    }
    return seen;
}

struct packing {
    const struct hd_survivors *survivors;
    size_t seen;
};

/* Those that a program sees come first. */
static VALUE
pack(VALUE arg) {
    const struct packing *packing = (const struct packing *)arg;
    const struct hd_survivors *survivors = packing->survivors;
    VALUE packed = rb_str_new(NULL, (long)(survivors->size * sizeof *survivors->list));
    char *to[] = {RSTRING_PTR(packed), NULL};
    to[1] = to[0] + packing->seen * sizeof *survivors->list;
    for (size_t i = 0; i < survivors->size; i++) {
        bool internal = survivors->list[i].klass & HD_INTERNAL;
        memcpy(to[internal], &survivors->list[i], sizeof *survivors->list);
        to[internal] += sizeof *survivors->list;
    }
    return packed;
}

static void
set(VALUE hash, const char *key, VALUE value) {
    rb_hash_aset(hash, ID2SYM(rb_intern(key)), value);
}

VALUE
hd_result(struct hd_recorder *recorder, struct hd_survivors *survivors, size_t memory) {
    int state = 0;
    const struct packing packing = {survivors, seen(survivors)};
    VALUE packed = rb_protect(pack, (VALUE)&packing, &state);
    hd_survivors_free(survivors);
    if (state) rb_jump_tag(state);
    VALUE result = rb_hash_new();
    set(result, "cells", cells(&recorder->cells));
    set(result, "places", places(&recorder->sites));
    set(result, "stacks", recorder->depth > 1 ? stacks(&recorder->sites) : Qnil);
    set(result, "classes", classes(recorder));
    set(result, "survivors", packed);
    set(result, "seen", SIZET2NUM(packing.seen));
    set(result, "born", ULL2NUM(recorder->born));
    set(result, "died", ULL2NUM(recorder->died));
    set(result, "unseen", ULL2NUM(recorder->unseen));
    set(result, "memory", SIZET2NUM(memory));
    return result;
}
