/*
 * Counts objects by the events of MRI; see recorder.h.
 */
#include "allocations/recorder.h"

#include <stdlib.h>

#include "base/check.h"
#include "mri/mri.h"
#include "mri/pages.h"

enum { SHALLOW = 4 }; /* frames among which there nearly always is one of Ruby */

static uint32_t
now(void) {
    return (uint32_t)rb_gc_count();
}

/*
 * The method of the first frame of Ruby among the `size` frames, that is of the line that the event
 * names. False if there is none.
 */
static bool
ruby_method(struct hd_recorder *recorder, int size, uint32_t *method) {
    for (int i = 0; i < size; i++) {
        *method = hd_method_of(&recorder->sites, recorder->frames[i]);
        if (*method == HD_NO_NUMBER || !recorder->sites.methods[*method].native) return true;
    }
    return false;
}

static uint32_t
place_of_event(struct hd_recorder *recorder, rb_trace_arg_t *event) {
    uint32_t method = HD_NO_NUMBER;
    int size = rb_profile_frames(0, SHALLOW, recorder->frames, recorder->lines);
    if (!ruby_method(recorder, size, &method) && size == SHALLOW) {
        size = rb_profile_frames(0, HD_DEEPEST, recorder->frames, recorder->lines);
        ruby_method(recorder, size, &method);
    }
    // the path and line of the event, because those of a frame are wrong for code in a string
    VALUE line = rb_tracearg_lineno(event);
    return hd_place_of(&recorder->sites, rb_tracearg_path(event),
                       RB_FIXNUM_P(line) ? (int)FIX2LONG(line) : 0, method);
}

/* The place of a frame that is not the one of the event. */
static uint32_t
place_of_frame(struct hd_recorder *recorder, int i) {
    uint32_t method = hd_method_of(&recorder->sites, recorder->frames[i]);
    if (method == HD_NO_NUMBER) return HD_NO_NUMBER;
    VALUE path = rb_profile_frame_path(recorder->frames[i]);
    bool native = recorder->sites.methods[method].native;
    return hd_place_of(&recorder->sites, native ? Qnil : path, recorder->lines[i], method);
}

/* From the outermost frame to the innermost, so that stacks have their beginnings in common. */
static uint32_t
stack_of_event(struct hd_recorder *recorder, rb_trace_arg_t *event) {
    int most = (int)(recorder->depth < HD_DEEPEST ? recorder->depth : HD_DEEPEST), top = 0;
    uint32_t place = place_of_event(recorder, event), stack = HD_NO_NUMBER;
    int size = rb_profile_frames(0, most, recorder->frames, recorder->lines);
    if (place == HD_NO_NUMBER) return HD_NO_NUMBER;
    for (; top < size; top++) { // the frame of the event: it has the method of `place`
        uint32_t method = hd_method_of(&recorder->sites, recorder->frames[top]);
        if (method == HD_NO_NUMBER) return HD_NO_NUMBER;
        if (!recorder->sites.methods[method].native) break;
    }
    for (int i = size - 1; i >= 0; i--) {
        uint32_t at = i == top ? place : place_of_frame(recorder, i);
        if (at == HD_NO_NUMBER) return HD_NO_NUMBER;
        stack = hd_stack_of(&recorder->sites, stack, at);
        if (stack == HD_NO_NUMBER) return HD_NO_NUMBER;
    }
    return size == 0 ? hd_stack_of(&recorder->sites, HD_NO_NUMBER, place) : stack;
}

/* Adds a dead object to its cell. */
static void
bury(struct hd_recorder *recorder, const struct hd_life *life, uint32_t klass, size_t bytes) {
    struct hd_cell *cell = hd_cells_at(&recorder->cells, life->run, life->site, klass);
    if (!cell) {
        recorder->failed = true;
        return;
    }
    hd_cell_count(cell, bytes, now() - life->birth);
    recorder->died++;
}

void
hd_recorder_born(struct hd_recorder *recorder, rb_trace_arg_t *event) {
    if (recorder->failed) return;
    VALUE obj = rb_tracearg_object(event);
    uint32_t site = recorder->depth <= 1 ? place_of_event(recorder, event)
                                         : stack_of_event(recorder, event);
    uint32_t klass = hd_class_at_birth(&recorder->classes, obj);
    struct hd_life *life = hd_living_find(&recorder->living, obj);
    if (life) { // the object that was here has died while MRI told nobody
        bury(recorder, life, life->klass, 0);
        recorder->unseen++;
    }
    else {
        life = hd_living_add(&recorder->living, obj);
    }
    if (!life || site == HD_NO_NUMBER || klass == HD_NO_NUMBER) {
        recorder->failed = true;
        return;
    }
    life->site = site;
    life->klass = klass;
    life->birth = now();
    life->run = recorder->run;
    recorder->born++;
}

void
hd_recorder_freed(struct hd_recorder *recorder, rb_trace_arg_t *event) {
    if (recorder->failed) return;
    VALUE obj = rb_tracearg_object(event);
    struct hd_life *life = hd_living_find(&recorder->living, obj);
    if (life) {
        uint32_t klass = hd_class_later(&recorder->classes, obj, life->klass, true);
        if (klass == HD_NO_NUMBER) recorder->failed = true;
        else bury(recorder, life, klass, hd_mri_memsize_dying(obj));
        hd_living_remove(&recorder->living, life);
    }
    int type = (int)RB_BUILTIN_TYPE(obj);
    if (type == RUBY_T_IMEMO) hd_sites_freed(&recorder->sites, obj);
    else if (type == RUBY_T_CLASS || type == RUBY_T_MODULE || type == RUBY_T_ICLASS)
        hd_classes_freed(&recorder->classes, obj);
}

void
hd_recorder_reap(struct hd_recorder *recorder, bool (*dead)(uint64_t, void *), void *data) {
    hd_living_reap(&recorder->living, dead, data);
    hd_living_reap(&recorder->classes.known, dead, data);
    hd_sites_reap(&recorder->sites, dead, data);
}

void
hd_recorder_renewed(struct hd_recorder *recorder, VALUE obj) {
    struct hd_life *life = hd_living_find(&recorder->living, obj);
    if (life) hd_living_remove(&recorder->living, life);
    hd_sites_freed(&recorder->sites, obj);
    hd_classes_freed(&recorder->classes, obj);
}

/* Brings one of the old stacks back, with the stacks below it, and returns its number. */
static uint32_t
stack_again(struct hd_recorder *recorder, const struct hd_stack *old, uint32_t number) {
    uint32_t places[HD_DEEPEST], size = 0, stack = HD_NO_NUMBER;
    for (; number != HD_NO_NUMBER; number = old[number].below) {
        HD_CHECK(size < HD_DEEPEST);
        places[size++] = old[number].place;
    }
    while (size > 0) {
        stack = hd_stack_of(&recorder->sites, stack, places[--size]);
        if (stack == HD_NO_NUMBER) break;
    }
    return stack;
}

void
hd_recorder_trim(struct hd_recorder *recorder) {
    HD_CHECK(recorder->depth > 1);
    if (recorder->failed) return;
    struct hd_stack *old = hd_stacks_begin(&recorder->sites);
    for (size_t i = 0; i < recorder->living.places && !recorder->failed; i++) {
        struct hd_life *life = &recorder->living.entries[i];
        if (!life->address) continue;
        life->site = stack_again(recorder, old, life->site);
        recorder->failed = life->site == HD_NO_NUMBER;
    }
    free(old);
}

/*
 * Where an object is now; 0 if nothing is there any more. A page of the heap is asked for before it
 * is read, once: if a death was not told, the page may be gone.
 */
static uint64_t
location(uint64_t address, void *data) {
    struct hd_table *pages = data;
    enum { PAGE_BITS = 12, READABLE = 1, GONE = 2 };
    if (!hd_table_room(pages)) return 0;
    struct hd_entry *page = hd_table_add(pages, address >> PAGE_BITS);
    if (!page->value) {
        page->value = hd_mri_is_mapped((const void *)(uintptr_t)address) ? READABLE : GONE;
    }
    return page->value == READABLE ? (uint64_t)rb_gc_location((VALUE)address) : 0;
}

void
hd_recorder_moved(struct hd_recorder *recorder) {
    struct hd_table pages = {0};
    uint64_t before = recorder->living.size;
    if (!hd_living_move(&recorder->living, location, &pages) ||
        !hd_sites_move(&recorder->sites, location, &pages)) {
        recorder->failed = true;
    }
    if (!recorder->failed) recorder->unseen += before - recorder->living.size;
    hd_classes_moved(&recorder->classes);
    hd_table_free(&pages);
}

void
hd_recorder_mark(const struct hd_recorder *recorder) {
    hd_sites_mark(&recorder->sites);
}

/* Counts an object that lives. Returns false if there is no memory. */
static bool
count_alive(struct hd_recorder *recorder, struct hd_life *life, size_t bytes) {
    VALUE obj = (VALUE)life->address;
    life->klass = hd_class_later(&recorder->classes, obj, life->klass, false);
    if (life->klass == HD_NO_NUMBER) return false;
    struct hd_cell *cell = hd_cells_at(&recorder->cells, life->run, life->site, life->klass);
    if (!cell) return false;
    hd_cell_count(cell, bytes, now() - life->birth);
    cell->alive++;
    hd_cell_add(&cell->alive_bytes, bytes);
    return true;
}

/* MRI adds the slot to what an extension says, and begins again at 0 if that is too much. */
static size_t
size_of(VALUE obj) {
    size_t bytes = hd_mri_memsize(obj);
    bool is_data = RB_BUILTIN_TYPE(obj) == RUBY_T_DATA;
    return is_data && bytes < hd_mri_slot_size(obj) ? SIZE_MAX : bytes;
}

bool
hd_recorder_finish(struct hd_recorder *recorder, void (*fn)(const struct hd_life *, size_t, void *),
                   void *data) {
    struct hd_pages pages = {0};
    bool fine = !recorder->failed && hd_pages_collect(&pages) == 0;
    for (size_t i = 0; fine && i < recorder->living.places; i++) {
        struct hd_life *life = &recorder->living.entries[i];
        if (!life->address) continue;
        if (!hd_pages_have_object(&pages, (uintptr_t)life->address)) {
            bury(recorder, life, life->klass, 0);
            recorder->unseen++;
            continue;
        }
        size_t bytes = size_of((VALUE)life->address);
        fine = count_alive(recorder, life, bytes);
        if (fine) fn(life, bytes, data);
    }
    hd_pages_free(&pages);
    return fine && !recorder->failed;
}

size_t
hd_recorder_memory(const struct hd_recorder *recorder) {
    return hd_sites_memory(&recorder->sites) + hd_classes_memory(&recorder->classes) +
           hd_living_memory(&recorder->living) + hd_cells_memory(&recorder->cells);
}

void
hd_recorder_free(struct hd_recorder *recorder) {
    hd_sites_free(&recorder->sites);
    hd_classes_free(&recorder->classes);
    hd_living_free(&recorder->living);
    hd_cells_free(&recorder->cells);
}
