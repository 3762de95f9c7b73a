/*
 * Writes threads and fibers: status, frames, locals. If a fiber runs in a thread, both lines have
 * its frames. A reference that a frame holds has its name on the line of the object from which MRI
 * marks it: the thread or the fiber.
 */
#include "lines/writers.h"

#include <string.h>

#include "lines/value.h"

static void
put_c_frame(struct hd_dump *dump, const struct hd_frame *frame) {
    struct hd_sink *out = &dump->out;
    struct hd_method_entry entry;
    HD_PUT(out, "{\"method\":");
    bool known = frame->entry && hd_can(HD_CAN_METHOD_ENTRY) &&
                 hd_mri_method_entry(&dump->pages, frame->entry, &entry);
    if (known && RTEST(rb_id2str(entry.called))) {
        hd_put_char(out, '"');
        hd_put_id(out, dump->names, entry.called);
        hd_put_char(out, '"');
    }
    else {
        HD_PUT(out, "null");
    }
    hd_write_held(dump, HD_FIELD("entry"), frame->entry);
}

static void
frame_i(const struct hd_frame *frame, void *data) {
    struct hd_dump *dump = data;
    struct hd_sink *out = &dump->out;
    if (frame->iseq) {
        HD_PUT(out, "{\"line\":");
        hd_put_i64(out, frame->line);
        hd_write_place(dump, &frame->code);
        hd_write_held(dump, HD_FIELD("iseq"), frame->iseq);
    }
    else {
        put_c_frame(dump, frame);
    }
    hd_write_value(dump, HD_FIELD("self"), frame->self);
    hd_write_held(dump, HD_FIELD("env"), frame->env);
    hd_write_held(dump, HD_FIELD("svar"), frame->svar);
    if (frame->locals && frame->code.locals) {
        hd_write_locals(dump, frame->code.locals, frame->locals, frame->code.locals_size);
    }
    HD_PUT(out, "},");
}

/* A map of variables, which begins with the first that is put. */
struct local_walk {
    struct hd_dump *dump;
    struct hd_field field;
    bool open;
};

static void
local_i(ID name, VALUE value, void *data) {
    struct local_walk *walk = data;
    struct hd_dump *dump = walk->dump;
    if (!hd_may_put_key(dump->names, name) || !hd_take_value(dump, value)) return;
    if (!walk->open) {
        hd_put_field(&dump->out, walk->field);
        hd_put_char(&dump->out, '{');
    }
    walk->open = true;
    hd_put_key(&dump->out, dump->names, name);
    hd_put_plain_value(dump, value, ',');
}

static void
write_context(struct hd_dump *dump, const void *context) {
    if (hd_can(HD_CAN_FIBER_LOCALS)) {
        struct local_walk locals = {dump, HD_FIELD("fiber_locals"), false};
        hd_begin_keys(dump->names);
        hd_mri_each_fiber_local(context, local_i, &locals);
        if (locals.open) hd_json_close(&dump->out, '}');
    }
    if (!hd_can(HD_CAN_FRAMES)) return;
    HD_PUT(&dump->out, ",\"frames\":[");
    hd_mri_each_frame(&dump->pages, context, frame_i, dump);
    hd_json_close(&dump->out, ']');
}

struct kind_search {
    enum hd_data_kind kind;
    VALUE found;
};

static void
kind_i(VALUE ref, void *data) {
    struct kind_search *search = data;
    if (!search->found && hd_mri_is_data(ref, search->kind)) search->found = ref;
}

/* Writes the reference that is left to an object of a kind of which MRI marks one: the ractor of a
 * thread, and since 4.1 the fiber of one that has ended. */
static void
write_own(struct hd_dump *dump, struct hd_field field, enum hd_data_kind kind) {
    struct kind_search search = {kind, 0};
    hd_refs_each_left(&dump->refs, kind_i, &search);
    hd_write_held(dump, field, search.found);
}

void
hd_write_thread(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    const struct hd_thread_info *info = hd_context_thread(dump->context, obj);
    // the program may have made the name from data
    if (info && info->name && dump->options->strings == HD_STRINGS_FULL) {
        HD_PUT(out, ",\"thread_name\":");
        hd_put_quoted_name(out, info->name, info->name_size);
    }
    // rb_thread_main returns the main thread of the Ractor that makes the dump
    if (dump->context->ractors <= 1 && obj == rb_thread_main()) HD_PUT(out, ",\"main\":true");
    bool readable = hd_can(HD_CAN_FRAMES) || hd_can(HD_CAN_FIBER_LOCALS) ||
                    hd_can(HD_CAN_FIBER_STORAGE) || hd_can(HD_CAN_ERRINFO);
    const void *context = readable ? hd_mri_thread_context(obj) : NULL;
    bool runs = context && hd_mri_context_has_stack(context); // not before and after it runs
    // a thread that began after the states were read has a stack, but its state is not known
    if (info) hd_write_word(dump, HD_FIELD("status"), info->status);
    else if (!runs) hd_write_word(dump, HD_FIELD("status"), "dead");

    if (hd_can(HD_CAN_THREAD_FIELDS)) {
        hd_mri_each_thread_field(&dump->pages, obj, hd_write_part, dump);
        write_own(dump, HD_FIELD("ractor"), HD_DATA_RACTOR);
    }
    if (context) hd_mri_each_context_field(context, hd_write_part, dump);
    bool waits = info && strcmp(info->status, "dead") != 0; // one that has not run may have locals
    if (!context || !(runs || waits)) {
        write_own(dump, HD_FIELD("fiber"), HD_DATA_FIBER);
        return;
    }
    hd_write_ref(dump, HD_FIELD("fiber"), hd_mri_context_fiber(context));
    write_context(dump, context);
}

static const char *
fiber_status(VALUE fiber, const void *context) {
    if (!RTEST(rb_fiber_alive_p(fiber))) return "terminated";
    if (!hd_mri_context_has_stack(context)) return "created";
    return hd_mri_context_is_current(context) ? "resumed" : "suspended";
}

void
hd_write_fiber(struct hd_dump *dump, VALUE obj) {
    if (!hd_can(HD_CAN_FIBER)) return;
    const void *context = hd_mri_fiber_context(obj);
    if (!context) return;
    const char *status = fiber_status(obj, context);
    hd_write_word(dump, HD_FIELD("status"), status);
    if (hd_can(HD_CAN_FIBER_FIELDS)) hd_mri_each_fiber_field(obj, hd_write_part, dump);
    hd_mri_each_context_field(context, hd_write_part, dump);
    if (strcmp(status, "terminated") != 0) write_context(dump, context);
}

/* A variable that was set to nil is no longer one. */
static void
ractor_local_i(ID name, VALUE value, void *data) {
    if (!NIL_P(value)) local_i(name, value, data);
}

void
hd_write_ractor(struct hd_dump *dump, VALUE obj) {
    if (!hd_can(HD_CAN_RACTOR_FIELDS)) return;
    struct local_walk locals = {dump, HD_FIELD("ractor_locals"), false};
    hd_begin_keys(dump->names);
    hd_mri_each_ractor_local(obj, ractor_local_i, &locals);
    if (locals.open) hd_json_close(&dump->out, '}');
    hd_mri_each_ractor_field(obj, hd_write_part, dump);
    hd_write_data_left(dump, HD_FIELD("threads"), HD_DATA_THREAD);
    hd_write_data_left(dump, HD_FIELD("trace_points"), HD_DATA_TRACEPOINT);
}
