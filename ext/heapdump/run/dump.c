/*
 * One run of the dumper, in file order; see dump.h.
 */
#include "run/dump.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/types.h"
#include "guard/guard.h"
#include "guard/purity.h"
#include "guard/visit.h"
#include "lines/object.h"
#include "lines/objspace_format.h"
#include "lines/roots.h"
#include "lines/sampled.h"
#include "lines/unreadable.h"
#include "mri/mri.h"

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
    hd_names_free(dump->names);
    dump->names = NULL;
}

void
hd_dump_free(struct hd_dump *dump) {
    hd_dump_end(dump);
    hd_pages_free(&dump->pages);
    hd_finalizers_free(&dump->finalizers);
}

/* What is looked for in all slots before the walk. */
struct look {
    struct hd_dump *dump;
    bool finalizers, arrays, tracing;
};

static void
look_at_object(VALUE obj, size_t stride, void *data) {
    const struct look *look = data;
    struct hd_dump *dump = look->dump;
    (void)stride;
    if (look->finalizers && RB_FL_TEST_RAW(obj, RUBY_FL_FINALIZE)) {
        hd_finalizers_add(&dump->finalizers, obj);
    }
    if (look->arrays && RB_BUILTIN_TYPE(obj) == RUBY_T_ARRAY) {
        hd_finalizers_add_array(&dump->finalizers, obj);
    }
    if (look->tracing && RB_BUILTIN_TYPE(obj) == RUBY_T_DATA &&
        hd_mri_data_kind(obj) == HD_DATA_TRACEPOINT && !dump->allocations) {
        dump->allocations = hd_mri_allocation_table(obj);
    }
}

/* Called after looking at obj has failed. Nothing is lost: its line is written later. */
static void
pass_over(VALUE obj, size_t stride, int outcome, void *data) {
    (void)obj, (void)stride, (void)outcome, (void)data;
}

/* Looks at all slots to find what the lines depend on: finalizers, and the table of allocations. */
static void
look_into_slots(struct hd_dump *dump) {
    struct look look = {.dump = dump};
    look.finalizers = hd_mri_hides_finalizers() && hd_can(HD_CAN_FINALIZERS);
    look.arrays = look.finalizers && !hd_mri_finalizers_have_ids();
    look.tracing = dump->context->may_trace && hd_can(HD_CAN_ALLOCATIONS);
    if (!look.finalizers && !look.tracing) return;
    const struct hd_visit visit = {look_at_object, pass_over, &look};
    for (size_t i = 0; i < dump->pages.size; i++) hd_page_visit(&dump->pages.list[i], &visit);
    if (dump->allocations && !hd_mri_allocations_are_right(&dump->pages, dump->allocations)) {
        dump->allocations = NULL;
    }
    hd_finalizers_complete(&dump->finalizers, &dump->pages);
    if (dump->finalizers.failed && !dump->out.error) dump->out.error = ENOMEM;
}

void
hd_dump_look(struct hd_dump *dump) {
    dump->usual_slot = SIZE_MAX;
    for (size_t i = 0; i < dump->pages.size; i++) {
        size_t stride = dump->pages.list[i].stride;
        if (stride < dump->usual_slot) dump->usual_slot = stride;
    }
    dump->sampled_every = hd_sampler_facts.begin_dump ? hd_sampler_facts.begin_dump() : 0;
    look_into_slots(dump);
}

static void
write_header(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    const struct hd_sink *header = &dump->context->header;
    hd_put_bytes(out, (const char *)header->block, (size_t)(header->pos - header->block));
    hd_account_put(out, &dump->context->account);
    if (dump->allocations) HD_PUT(out, ",\"allocation_tracing\":true");
    if (dump->sampled_every) {
        hd_put_number(out, HD_FIELD("allocation_sampling"), dump->sampled_every);
    }
    hd_put_number(&dump->out, HD_FIELD("slot_size"), dump->usual_slot);
    HD_PUT(out, "}\n");
    hd_sink_end_line(out);
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

static void
write_object(VALUE obj, size_t stride, void *data) {
    struct hd_dump *dump = data;
    if (!hd_types[RB_BUILTIN_TYPE(obj)].name) return; // no object
    dump->step = HD_COLLECTING;
    if (hd_has_hung(obj, HD_COLLECTING)) {
        hd_write_unreadable(dump, obj, HD_HUNG);
        return;
    }
    if (dump->options->format == HD_FORMAT_OBJSPACE) hd_write_objspace_object(dump, obj, stride);
    else hd_write_object(dump, obj, stride);
    hd_sink_end_line(&dump->out);
    hd_tally_object(dump->tally);
    hd_purity_check();
}

static void
write_unreadable(VALUE obj, size_t stride, int outcome, void *data) {
    (void)stride;
    hd_write_unreadable(data, obj, outcome);
}

static void
write_page(struct hd_dump *dump, const struct hd_page *page) {
    const struct hd_visit visit = {write_object, write_unreadable, dump};
    size_t free = hd_page_visit(page, &visit);
    struct hd_heap_count *heap = hd_tally_heap(dump->tally, page->stride);
    HD_CHECK(heap);
    if (!heap) return;
    heap->pages++;
    heap->slots += (page->end - page->start + page->stride - 1) / page->stride;
    heap->free += free;
}

void
hd_dump_write_pages(struct hd_dump *dump, size_t from, size_t to) {
    hd_purity_begin();
    for (size_t i = from; i < to && !dump->out.error; i++) {
        write_page(dump, &dump->pages.list[i]);
    }
    hd_purity_end();
}

void
hd_dump_write_footer(struct hd_dump *dump, const struct hd_tally *sum, double seconds) {
    struct hd_sink *out = &dump->out;
    if (dump->options->format == HD_FORMAT_OBJSPACE) return;
    HD_PUT(out, "{\"type\":\"FOOTER\"");
    hd_put_number(out, HD_FIELD("objects"), sum->objects);
    hd_put_number(out, HD_FIELD("roots"), sum->roots);
    hd_put_number(out, HD_FIELD("lines"), sum->lines + 1);
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
    hd_sink_end_line(out);
}

int
hd_dump_close(struct hd_dump *dump, uint64_t *written) {
    dump->tally->lines += dump->out.lines;
    dump->out.lines = 0;
    int error = hd_sink_finish(&dump->out, written);
    dump->tally->written += *written;
    return error;
}

static void
write_all(struct hd_dump *dump) {
    double start = hd_now();
    VALUE counter = ID2SYM(rb_intern("total_allocated_objects"));
    size_t allocated = rb_gc_stat(counter), gc_runs = rb_gc_count();
    hd_dump_look(dump);
    if (!dump->options->fork && dump->options->format == HD_FORMAT_HEAPDUMP) {
        hd_account_take(&dump->context->account, &dump->pages);
    }
    hd_dump_write_head(dump);
    hd_dump_write_pages(dump, 0, dump->pages.size);
    hd_write_found_roots(dump);
    dump->tally->bytes = hd_sink_bytes(&dump->out);
    dump->tally->allocated = rb_gc_stat(counter) - allocated;
    dump->tally->gc_runs = rb_gc_count() - gc_runs;
    dump->tally->lines = dump->out.lines;
    hd_dump_write_footer(dump, dump->tally, hd_now() - start);
    dump->tally->lines = 0; // hd_dump_close adds all lines of the sink
}

int
hd_dump_run_as(struct hd_dump *dump, int fd, struct hd_summary *summary, const char **where) {
    double start = hd_now();
    *where = "preparing";
    int error = hd_dump_open(dump, fd, NULL);
    if (!error) error = hd_pages_collect(&dump->pages);
    if (!error) {
        *where = "writing";
        write_all(dump);
        error = hd_dump_close(dump, &summary->bytes);
    }
    summary->objects = dump->tally->objects;
    summary->seconds = hd_now() - start;
    if (!error && dump->tally->gc_runs > 0) error = ENOTRECOVERABLE;
    if (!error && !hd_tally_adds_up(dump->tally, dump->options->format == HD_FORMAT_HEAPDUMP)) {
        *where = "checking what was written";
        error = EBADMSG;
    }
    return error;
}

/* A run in this process. */
struct run {
    struct hd_dump dump;
    struct hd_tally tally;
    struct hd_summary *summary;
    const char **where;
    int fd, error;
};

static void
run_guarded(void *arg) {
    struct run *run = arg;
    run->error = hd_dump_run_as(&run->dump, run->fd, run->summary, run->where);
}

static void
run_contained(void *arg) {
    struct run *run = arg;
    int outcome = hd_guard(run_guarded, run);
    if (outcome) run->error = hd_error_of(outcome);
}

int
hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
            struct hd_summary *summary, const char **where) {
    struct run run = {.dump = {.options = options, .context = context},
                      .summary = summary,
                      .where = where,
                      .fd = fd,
                      .error = EFAULT};
    run.dump.tally = &run.tally;
    hd_guard_stay_here(true);
    hd_mri_contain_marking(run_contained, &run);
    hd_guard_stay_here(false);
    hd_dump_free(&run.dump);
    return run.error;
}
