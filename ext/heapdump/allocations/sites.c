/*
 * Methods, places and stacks with numbers; see sites.h. MRI's functions that are asked here return
 * objects that exist already.
 */
#include "allocations/sites.h"

#include <ruby/debug.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"

static uint32_t
text_of(struct hd_texts *texts, VALUE string) {
    if (!RB_TYPE_P(string, T_STRING)) return hd_texts_number(texts, "", 0);
    return hd_texts_number(texts, RSTRING_PTR(string), (size_t)RSTRING_LEN(string));
}

static int
line_of(VALUE number) {
    return RB_FIXNUM_P(number) ? (int)FIX2LONG(number) : 0;
}

/* What is known of a method that was not seen before. Its texts have numbers. */
static uint32_t
add_method(struct hd_sites *sites, const struct hd_method *method) {
    struct hd_method *list = hd_list_room(sites->methods, sites->methods_size,
                                          &sites->methods_capacity, sizeof *list);
    if (!list || sites->methods_size >= HD_NO_NUMBER - 1) return HD_NO_NUMBER;
    sites->methods = list;
    list[sites->methods_size] = *method;
    return (uint32_t)sites->methods_size++;
}

/*
 * The number for this label, path and line: code that is compiled again and again, as that of
 * templates, is one method. Methods in C have no line that tells them apart.
 */
static uint32_t
same_method(struct hd_sites *sites, const struct hd_method *method) {
    if (method->native) return add_method(sites, method);
    size_t next = sites->methods_size + 1;
    size_t name = hd_table_number(&sites->names, method->label, method->path,
                                  sites->names.size + 1);
    if (name == 0) return HD_NO_NUMBER;
    size_t known = hd_table_number(&sites->known, (uint32_t)name, (uint32_t)method->line, next);
    if (known == 0) return HD_NO_NUMBER;
    if (known == next) return add_method(sites, method);
    sites->methods[known - 1].frame = method->frame;
    return (uint32_t)known - 1;
}

uint32_t
hd_method_of(struct hd_sites *sites, VALUE frame) {
    const struct hd_life *known = hd_living_find(&sites->frames, frame);
    if (known) return known->site;
    VALUE line = rb_profile_frame_first_lineno(frame);
    struct hd_method method = {
        .frame = frame,
        .label = text_of(&sites->texts, rb_profile_frame_base_label(frame)),
        .path = text_of(&sites->texts, rb_profile_frame_path(frame)),
        .line = line_of(line),
        .native = !RB_FIXNUM_P(line),
    };
    if (method.label == HD_NO_NUMBER || method.path == HD_NO_NUMBER) return HD_NO_NUMBER;
    uint32_t number = same_method(sites, &method);
    struct hd_life *entry = number == HD_NO_NUMBER ? NULL : hd_living_add(&sites->frames, frame);
    if (!entry) return HD_NO_NUMBER;
    entry->site = number;
    return number;
}

static uint32_t
path_of(struct hd_sites *sites, VALUE path) {
    const struct hd_entry *known = hd_table_find(&sites->paths, path);
    if (known) return (uint32_t)known->value;
    uint32_t text = text_of(&sites->texts, path);
    if (text == HD_NO_NUMBER || !hd_table_room(&sites->paths)) return HD_NO_NUMBER;
    hd_table_add(&sites->paths, path)->value = text;
    return text;
}

static uint32_t
add_place(struct hd_sites *sites, const struct hd_place *place) {
    struct hd_place *list = hd_list_room(sites->places, sites->places_size, &sites->places_capacity,
                                         sizeof *list);
    if (!list || sites->places_size >= HD_NO_NUMBER - 1) return HD_NO_NUMBER;
    sites->places = list;
    list[sites->places_size] = *place;
    return (uint32_t)sites->places_size++;
}

uint32_t
hd_place_of(struct hd_sites *sites, VALUE path, int line, uint32_t method) {
    uint32_t file = path_of(sites, path);
    if (file == HD_NO_NUMBER) return HD_NO_NUMBER;
    size_t next = sites->places_size + 1;
    size_t in_file = hd_table_number(&sites->lines, file, (uint32_t)line, sites->lines.size + 1);
    if (in_file == 0) return HD_NO_NUMBER;
    size_t known = hd_table_number(&sites->place_keys, (uint32_t)in_file, method, next);
    if (known == 0) return HD_NO_NUMBER;
    if (known == next) return add_place(sites, &(struct hd_place){file, line, method});
    return (uint32_t)known - 1;
}

uint32_t
hd_stack_of(struct hd_sites *sites, uint32_t below, uint32_t place) {
    size_t next = sites->stacks_size + 1;
    size_t known = hd_table_number(&sites->stack_keys, below + 1, place, next);
    if (known == 0) return HD_NO_NUMBER;
    if (known < next) return (uint32_t)known - 1;
    struct hd_stack *list = hd_list_room(sites->stacks, sites->stacks_size, &sites->stacks_capacity,
                                         sizeof *list);
    if (!list || sites->stacks_size >= HD_NO_NUMBER - 1) return HD_NO_NUMBER;
    sites->stacks = list;
    list[sites->stacks_size] = (struct hd_stack){below, place};
    return (uint32_t)sites->stacks_size++;
}

void
hd_sites_freed(struct hd_sites *sites, VALUE imemo) {
    struct hd_life *entry = hd_living_find(&sites->frames, imemo);
    if (!entry) return;
    if (sites->methods[entry->site].frame == imemo) sites->methods[entry->site].frame = 0;
    hd_living_remove(&sites->frames, entry);
}

struct frames_to_reap {
    struct hd_sites *sites;
    bool (*dead)(uint64_t, void *);
    void *data;
};

static bool
forget_dead_frame(uint64_t frame, void *data) {
    const struct frames_to_reap *reap = data;
    if (!reap->dead(frame, reap->data)) return false;
    const struct hd_life *entry = hd_living_find(&reap->sites->frames, frame);
    HD_CHECK(entry);
    reap->sites->methods[entry->site].frame = 0;
    return true;
}

void
hd_sites_reap(struct hd_sites *sites, bool (*dead)(uint64_t, void *), void *data) {
    struct frames_to_reap reap = {sites, dead, data};
    hd_living_reap(&sites->frames, forget_dead_frame, &reap);
}

struct hd_stack *
hd_stacks_begin(struct hd_sites *sites) {
    struct hd_stack *old = sites->stacks;
    hd_table_free(&sites->stack_keys);
    sites->stack_keys = (struct hd_table){0};
    sites->stacks = NULL;
    sites->stacks_size = sites->stacks_capacity = 0;
    return old;
}

void
hd_sites_mark(const struct hd_sites *sites) {
    for (size_t i = 0; i < sites->paths.places; i++) {
        VALUE path = (VALUE)sites->paths.entries[i].key;
        if (path) rb_gc_mark(path); // not rb_gc_mark_movable: it is found by its address
    }
}

bool
hd_sites_move(struct hd_sites *sites, uint64_t (*move)(uint64_t, void *), void *data) {
    if (!hd_living_move(&sites->frames, move, data)) return false;
    for (size_t i = 0; i < sites->methods_size; i++) sites->methods[i].frame = 0;
    for (size_t i = 0; i < sites->frames.places; i++) {
        const struct hd_life *entry = &sites->frames.entries[i];
        if (entry->address) sites->methods[entry->site].frame = (VALUE)entry->address;
    }
    return true;
}

size_t
hd_sites_memory(const struct hd_sites *sites) {
    const struct hd_table *tables[] = {&sites->paths, &sites->names,      &sites->known,
                                       &sites->lines, &sites->place_keys, &sites->stack_keys};
    size_t memory = hd_texts_memory(&sites->texts) + hd_living_memory(&sites->frames) +
                    sites->methods_capacity * sizeof *sites->methods +
                    sites->places_capacity * sizeof *sites->places +
                    sites->stacks_capacity * sizeof *sites->stacks;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        memory += tables[i]->capacity * sizeof *tables[i]->entries;
    }
    return memory;
}

void
hd_sites_free(struct hd_sites *sites) {
    hd_texts_free(&sites->texts);
    hd_living_free(&sites->frames);
    hd_table_free(&sites->paths);
    hd_table_free(&sites->names);
    hd_table_free(&sites->known);
    hd_table_free(&sites->lines);
    hd_table_free(&sites->place_keys);
    hd_table_free(&sites->stack_keys);
    free(sites->methods);
    free(sites->places);
    free(sites->stacks);
    *sites = (struct hd_sites){0};
}
