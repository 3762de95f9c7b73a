/*
 * One run of the dumper, in file order; see dump.h.
 */
#include "count.h"
#include "dump.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int (*hd_slots_guard)(void (*write)(void *), void *arg);

double
hd_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int
hd_dump_open(struct hd_dump *dump, int fd, struct hd_shared *shared) {
    int error = hd_sink_open(&dump->out, fd, dump->options->compression, shared);
    if (error) return error;
    dump->names = calloc(1, sizeof *dump->names); // zeroed pages cost nothing until they are used
    return dump->names ? hd_refs_init(&dump->refs) : ENOMEM;
}

void
hd_dump_end(struct hd_dump *dump) {
    hd_sink_free(&dump->out);
    hd_refs_free(&dump->refs);
    free(dump->names);
    dump->names = NULL;
}

void
hd_dump_free(struct hd_dump *dump) {
    hd_dump_end(dump);
    hd_pages_free(&dump->pages);
    hd_finalizers_free(&dump->finalizers);
}

static struct hd_heap_count *
heap_of(struct hd_tally *tally, size_t stride) {
    for (int i = 0; i < tally->heaps_size; i++) {
        if (tally->heaps[i].stride == stride) return &tally->heaps[i];
    }
    if (tally->heaps_size == HD_STRIDES) return NULL;
    tally->heaps[tally->heaps_size] = (struct hd_heap_count){.stride = stride};
    return &tally->heaps[tally->heaps_size++];
}

void
hd_tally_add(struct hd_tally *sum, const struct hd_tally *tally) {
    sum->objects += tally->objects;
    sum->bytes += tally->bytes;
    sum->errors += tally->errors;
    sum->allocated += tally->allocated;
    sum->gc_runs += tally->gc_runs;
    if (!sum->error) sum->error = tally->error;
    for (int i = 0; i < tally->heaps_size; i++) {
        struct hd_heap_count *heap = heap_of(sum, tally->heaps[i].stride);
        if (!heap) continue;
        heap->pages += tally->heaps[i].pages;
        heap->slots += tally->heaps[i].slots;
        heap->free += tally->heaps[i].free;
    }
}

/* What lines depend on and only a look at every slot can tell. */
static void
look_into_slots(struct hd_dump *dump) {
    bool finalizers = hd_mri_hides_finalizers() && hd_can(HD_CAN_FINALIZERS);
    bool arrays = finalizers && !hd_mri_finalizers_have_ids();
    bool tracing = dump->context->may_trace && hd_can(HD_CAN_ALLOCATIONS);
    if (!finalizers && !tracing) return;
    for (size_t i = 0; i < dump->pages.size; i++) {
        const struct hd_page *page = &dump->pages.list[i];
        for (VALUE obj = page->start; obj < page->end; obj += page->stride) {
            if (!hd_mri_is_object(obj)) continue;
            if (finalizers && RB_FL_TEST_RAW(obj, RUBY_FL_FINALIZE)) {
                hd_finalizers_add(&dump->finalizers, obj);
            }
            if (arrays && RB_BUILTIN_TYPE(obj) == RUBY_T_ARRAY) {
                hd_finalizers_add_array(&dump->finalizers, obj);
            }
            if (tracing && RB_BUILTIN_TYPE(obj) == RUBY_T_DATA &&
                hd_mri_data_kind(obj) == HD_DATA_TRACEPOINT && !dump->allocations) {
                dump->allocations = hd_mri_allocation_table(obj);
            }
        }
    }
    hd_finalizers_complete(&dump->finalizers, &dump->pages);
}

void
hd_dump_look(struct hd_dump *dump) {
    dump->usual_slot = SIZE_MAX;
    for (size_t i = 0; i < dump->pages.size; i++) {
        size_t stride = dump->pages.list[i].stride;
        if (stride < dump->usual_slot) dump->usual_slot = stride;
    }
    look_into_slots(dump);
}

static void
write_header(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    const struct hd_sink *header = &dump->context->header;
    hd_put_bytes(out, (const char *)header->block, (size_t)(header->pos - header->block));
    if (dump->allocations) HD_PUT(out, ",\"allocation_tracing\":true");
    hd_put_number(&dump->out, HD_FIELD("slot_size"), dump->usual_slot);
    HD_PUT(out, "}\n");
}

void
hd_dump_write_head(struct hd_dump *dump) {
    if (dump->options->format == HD_FORMAT_OBJSPACE) {
        hd_write_objspace_roots(dump);
        return;
    }
    write_header(dump);
    hd_write_roots(dump);
}

/* What MRI or an extension crashed on becomes a line of its own, and the walk goes on. */
static void
write_crashed(struct hd_dump *dump, VALUE obj, int signal) {
    struct hd_sink *out = &dump->out;
    dump->tally->objects++;
    dump->tally->errors++;
    if (!hd_sink_drop_line(out)) {
        out->error = EFAULT;
        return;
    }
    HD_PUT(out, "{\"address\":");
    hd_put_address(out, obj);
    HD_PUT(out, ",\"type\":\"");
    const char *type = hd_type_name(RB_BUILTIN_TYPE(obj));
    hd_put_bytes(out, type + strlen("T_"), strlen(type) - strlen("T_"));
    HD_PUT(out, "\",\"error\":\"signal ");
    hd_put_u64(out, (uint64_t)signal);
    HD_PUT(out, " while reading it\"}\n");
}

static void
write_object(struct hd_dump *dump, VALUE obj, size_t slot_size) {
    if (!hd_type_name(RB_BUILTIN_TYPE(obj))) return; // no object
    do {
        if (dump->options->format == HD_FORMAT_OBJSPACE) {
            hd_write_objspace_object(dump, obj, slot_size);
        }
        else {
            hd_write_object(dump, obj, slot_size);
        }
    } while (hd_sink_end_line(&dump->out)); // too long for a block: now it has its place
    dump->tally->objects++;
}

/* The slots of a page that are left, in memory where a crash leaves them as they are. */
struct slots {
    struct hd_dump *dump;
    volatile VALUE next;
    VALUE end;
    size_t stride;
    volatile size_t free;
};

static void
write_slots(void *arg) {
    struct slots *slots = arg;
    for (; slots->next < slots->end; slots->next += slots->stride) {
        VALUE obj = slots->next;
        if (hd_mri_is_object(obj)) write_object(slots->dump, obj, slots->stride);
        else slots->free++;
    }
}

static int
write_guarded(struct slots *slots) {
    if (hd_slots_guard) return hd_slots_guard(write_slots, slots);
    write_slots(slots);
    return 0;
}

static void
write_page(struct hd_dump *dump, const struct hd_page *page) {
    struct slots slots = {dump, page->start, page->end, page->stride, 0};
    int signal;
    while ((signal = write_guarded(&slots)) != 0) {
        write_crashed(dump, slots.next, signal);
        hd_sink_end_line(&dump->out);
        slots.next += page->stride;
    }
    struct hd_heap_count *heap = heap_of(dump->tally, page->stride);
    if (!heap) return;
    heap->pages++;
    heap->slots += (page->end - page->start + page->stride - 1) / page->stride;
    heap->free += slots.free;
}

void
hd_dump_write_pages(struct hd_dump *dump, size_t from, size_t to) {
    for (size_t i = from; i < to && !dump->out.error; i++) {
        write_page(dump, &dump->pages.list[i]);
    }
}

void
hd_dump_write_found_roots(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    if (dump->finalizers.found == 0) return;
    HD_PUT(out, "{\"type\":\"ROOT\",\"root\":\"finalizers\",\"references\":[");
    for (size_t i = 0; i < dump->finalizers.found; i++) {
        hd_put_address(out, dump->finalizers.tables[i]);
        hd_put_char(out, ',');
    }
    hd_json_close(out, ']');
    HD_PUT(out, "}\n");
}

void
hd_dump_write_footer(struct hd_dump *dump, const struct hd_tally *sum, double seconds) {
    struct hd_sink *out = &dump->out;
    if (dump->options->format == HD_FORMAT_OBJSPACE) return;
    HD_PUT(out, "{\"type\":\"FOOTER\"");
    hd_put_number(out, HD_FIELD("objects"), sum->objects);
    hd_put_number(out, HD_FIELD("bytes"), sum->bytes);
    HD_PUT(out, ",\"seconds\":");
    hd_put_seconds(out, seconds);
    hd_put_number(out, HD_FIELD("allocated_objects"), sum->allocated);
    hd_put_number(out, HD_FIELD("gc_runs"), sum->gc_runs);
    HD_PUT(out, ",\"heaps\":[");
    for (int i = 0; i < sum->heaps_size; i++) {
        const struct hd_heap_count *heap = &sum->heaps[i];
        HD_PUT(out, "{\"slot_size\":");
        hd_put_u64(out, heap->stride);
        hd_put_number(out, HD_FIELD("pages"), heap->pages);
        hd_put_number(out, HD_FIELD("slots"), heap->slots);
        hd_put_number(out, HD_FIELD("free"), heap->free);
        HD_PUT(out, "},");
    }
    hd_json_close(out, ']');
    if (sum->errors > 0) hd_put_number(out, HD_FIELD("errors"), sum->errors);
    HD_PUT(out, ",\"complete\":true}\n");
}

int
hd_dump_close(struct hd_dump *dump, uint64_t *written) {
    return hd_sink_finish(&dump->out, written);
}

static void
write_all(struct hd_dump *dump) {
    double start = hd_now();
    VALUE counter = ID2SYM(rb_intern("total_allocated_objects"));
    size_t allocated = rb_gc_stat(counter), gc_runs = rb_gc_count();
    hd_dump_look(dump);
    hd_dump_write_head(dump);
    hd_dump_write_pages(dump, 0, dump->pages.size);
    hd_dump_write_found_roots(dump);
    dump->tally->bytes = hd_sink_bytes(&dump->out);
    dump->tally->allocated = rb_gc_stat(counter) - allocated;
    dump->tally->gc_runs = rb_gc_count() - gc_runs;
    hd_dump_write_footer(dump, dump->tally, hd_now() - start);
}

int
hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
            struct hd_summary *summary, const char **where) {
    struct hd_tally tally = {0};
    struct hd_dump dump = {.options = options, .context = context, .tally = &tally};
    double start = hd_now();
    *where = "preparing";
    int error = hd_dump_open(&dump, fd, NULL);
    if (!error) error = hd_pages_collect(&dump.pages);
    if (!error) {
        *where = "writing";
        write_all(&dump);
        error = hd_dump_close(&dump, &summary->bytes);
    }
    summary->objects = tally.objects;
    summary->seconds = summary->pause = hd_now() - start;
    hd_dump_free(&dump);
    return error;
}
