/*
 * One run of the dumper, in file order; see dump.h.
 */
#include "dump.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static double
now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int
prepare(struct hd_dump *dump, int fd) {
    int error = hd_sink_open(&dump->out, fd, dump->options->compression);
    if (error) return error;
    // zeroed pages cost nothing until they are used
    dump->names = calloc(1, sizeof *dump->names);
    if (!dump->names) return ENOMEM;
    error = hd_refs_init(&dump->refs);
    return error ? error : hd_pages_collect(&dump->pages);
}

static void
release(struct hd_dump *dump) {
    hd_sink_free(&dump->out);
    hd_refs_free(&dump->refs);
    hd_pages_free(&dump->pages);
    hd_finalizers_free(&dump->finalizers);
    free(dump->names);
}

static struct hd_heap_count *
heap_of(struct hd_dump *dump, size_t stride) {
    for (int i = 0; i < dump->heaps_size; i++) {
        if (dump->heaps[i].stride == stride) return &dump->heaps[i];
    }
    if (dump->heaps_size == HD_STRIDES) return NULL;
    dump->heaps[dump->heaps_size] = (struct hd_heap_count){.stride = stride};
    return &dump->heaps[dump->heaps_size++];
}

/* What lines depend on and only a look at every slot can tell. */
static void
look_ahead(struct hd_dump *dump) {
    bool finalizers = hd_mri_hides_finalizers() && hd_can(HD_CAN_FINALIZERS);
    bool tracing = dump->context->may_trace && hd_can(HD_CAN_ALLOCATIONS);
    if (!finalizers && !tracing) return;
    for (size_t i = 0; i < dump->pages.size; i++) {
        const struct hd_page *page = &dump->pages.list[i];
        for (VALUE obj = page->start; obj < page->end; obj += page->stride) {
            if (!hd_mri_is_object(obj)) continue;
            if (finalizers && RB_FL_TEST_RAW(obj, RUBY_FL_FINALIZE)) {
                hd_finalizers_add(&dump->finalizers, obj);
            }
            if (tracing && RB_BUILTIN_TYPE(obj) == RUBY_T_DATA &&
                hd_mri_data_kind(obj) == HD_DATA_TRACEPOINT && !dump->allocations) {
                dump->allocations = hd_mri_allocation_table(obj);
            }
        }
    }
    hd_finalizers_sort(&dump->finalizers);
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

static void
write_objects(struct hd_dump *dump) {
    bool objspace = dump->options->format == HD_FORMAT_OBJSPACE;
    for (size_t i = 0; i < dump->pages.size && !dump->out.error; i++) {
        const struct hd_page *page = &dump->pages.list[i];
        size_t free = 0, slots = 0;
        for (VALUE obj = page->start; obj < page->end; obj += page->stride, slots++) {
            if (!hd_mri_is_object(obj)) free++;
            else if (objspace) hd_write_objspace_object(dump, obj, page->stride);
            else hd_write_object(dump, obj, page->stride);
        }
        struct hd_heap_count *heap = heap_of(dump, page->stride);
        if (!heap) continue;
        heap->pages++;
        heap->slots += slots;
        heap->free += free;
    }
}

static void
write_finalizer_roots(struct hd_dump *dump) {
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

static void
write_footer(struct hd_dump *dump, size_t allocated, size_t gc_runs) {
    struct hd_sink *out = &dump->out;
    uint64_t bytes = hd_sink_bytes(out);
    HD_PUT(out, "{\"type\":\"FOOTER\"");
    hd_put_number(&dump->out, HD_FIELD("objects"), dump->objects);
    hd_put_number(&dump->out, HD_FIELD("bytes"), bytes);
    HD_PUT(out, ",\"seconds\":");
    hd_put_seconds(out, dump->seconds);
    hd_put_number(&dump->out, HD_FIELD("allocated_objects"), allocated);
    hd_put_number(&dump->out, HD_FIELD("gc_runs"), gc_runs);
    HD_PUT(out, ",\"heaps\":[");
    for (int i = 0; i < dump->heaps_size; i++) {
        const struct hd_heap_count *heap = &dump->heaps[i];
        HD_PUT(out, "{\"slot_size\":");
        hd_put_u64(out, heap->stride);
        hd_put_number(&dump->out, HD_FIELD("pages"), heap->pages);
        hd_put_number(&dump->out, HD_FIELD("slots"), heap->slots);
        hd_put_number(&dump->out, HD_FIELD("free"), heap->free);
        HD_PUT(out, "},");
    }
    hd_json_close(out, ']');
    if (dump->errors > 0) hd_put_number(&dump->out, HD_FIELD("errors"), dump->errors);
    HD_PUT(out, ",\"complete\":true}\n");
}

static void
write_all(struct hd_dump *dump) {
    double start = now();
    VALUE counter = ID2SYM(rb_intern("total_allocated_objects"));
    size_t allocated = rb_gc_stat(counter), gc_runs = rb_gc_count();
    dump->usual_slot = SIZE_MAX;
    for (size_t i = 0; i < dump->pages.size; i++) {
        if (dump->pages.list[i].stride < dump->usual_slot) {
            dump->usual_slot = dump->pages.list[i].stride;
        }
    }
    look_ahead(dump);
    if (dump->options->format == HD_FORMAT_OBJSPACE) {
        hd_write_objspace_roots(dump);
        write_objects(dump);
        write_finalizer_roots(dump);
        dump->seconds = now() - start;
        return;
    }
    write_header(dump);
    hd_write_roots(dump);
    write_objects(dump);
    write_finalizer_roots(dump);
    dump->seconds = now() - start;
    write_footer(dump, rb_gc_stat(counter) - allocated, rb_gc_count() - gc_runs);
}

int
hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
            struct hd_summary *summary, const char **where) {
    struct hd_dump dump = {.options = options, .context = context};
    double start = now();
    *where = "preparing";
    int error = prepare(&dump, fd);
    if (!error) {
        *where = "writing";
        write_all(&dump);
        error = hd_sink_finish(&dump.out, &summary->bytes);
    }
    summary->objects = dump.objects;
    summary->errors = dump.errors;
    summary->seconds = summary->pause = now() - start;
    release(&dump);
    return error;
}
