/*
 * HeapDump::Sampler; see sampler.h. Private: lib/heapdump/sampling has the methods for others.
 *
 * The hook for births only subtracts the size of the slot from a counter, and looks further at the
 * few objects that are taken (dice.h). There is no hook for deaths, which would be called for each
 * object of the program: when the GC has marked, an object without a mark is dead, and its slot is
 * still its own until the sweep, which comes later. So the dead are found at that moment.
 */
#include "allocations/sampler.h"

#include <ruby/debug.h>
#include <ruby/ractor.h>
#include <stdlib.h>
#include <unistd.h>

#include "allocations/dice.h"
#include "allocations/recorder.h"
#include "allocations/result.h"
#include "base/check.h"
#include "lines/sampled.h"
#include "mri/mri.h"

struct sampler {
    struct hd_recorder recorder; /* `run` of an object is the size of its slot at birth */
    struct hd_dice dice;
    bool on;
    bool ractors;       /* the program has made a Ractor, whose objects no hook sees */
    size_t reaped_at;   /* the number of the GC whose dead were forgotten last */
    size_t taken_at;    /* the number of the GC when the last sample was taken */
    size_t stacks_kept; /* after the last trim */
    pid_t process;
    uint64_t taken;
    uint64_t lost; /* living ones that were forgotten, because a GC had moved objects unseen */
};

static struct sampler *running; /* the only one that is on; a forked process goes on with it */
static VALUE running_object;
static VALUE general_error, busy_error, state_key, marking, sweeping;

static bool
is_unmarked(uint64_t address, void *data) {
    (void)data;
    return !(hd_mri_gc_flags((VALUE)address) & HD_MARKED);
}

/* After the sweep, before anything new is in the slots that it has freed. */
static bool
is_swept(uint64_t address, void *data) {
    (void)data;
    if (!hd_mri_is_mapped((const void *)(uintptr_t)address)) return true;
    int type = (int)RB_BUILTIN_TYPE((VALUE)address);
    return type == RUBY_T_NONE || type == RUBY_T_ZOMBIE || type == RUBY_T_MOVED;
}

static bool
is_any(uint64_t address, void *data) {
    (void)address, (void)data;
    return true;
}

/*
 * MRI tells nothing while a hook of another tool runs, which may be when a GC ends to mark. Then
 * marks do not say what has died, because the sweep takes those of young objects away. It is known
 * from the slots that are empty when all is swept. Until then each object that is born is looked
 * up, as it may be in the slot of a dead one. `born` is 0 if nothing is born.
 */
static void
settle_late(struct sampler *sampler, VALUE born) {
    VALUE state = rb_gc_latest_gc_info(state_key);
    if (state == marking && rb_gc_count() == sampler->reaped_at + 1) return; // its end will be told
    if (born) hd_recorder_renewed(&sampler->recorder, born);
    if (state == marking || state == sweeping) return;
    hd_recorder_reap(&sampler->recorder, is_swept, NULL);
    sampler->reaped_at = rb_gc_count();
}

static inline void
settle(struct sampler *sampler, VALUE born) {
    if (rb_gc_count() != sampler->reaped_at) settle_late(sampler, born);
}

/*
 * Hooks get what a TracePoint would ask for (RUBY_EVENT_HOOK_FLAG_RAW_ARG), because that is cheaper
 * than a TracePoint, and births are many. The data of a hook is marked by MRI, so it is nil.
 */
static void
on_marked(VALUE data, const rb_trace_arg_t *event) {
    struct sampler *sampler = running;
    (void)data, (void)event;
    hd_recorder_reap(&sampler->recorder, is_unmarked, NULL);
    sampler->reaped_at = rb_gc_count();
}

/* Stacks are forgotten when there are twice as many as after the last time, and a few more. */
static void
trim(struct sampler *sampler) {
    enum { FEW = 1 << 14 };
    struct hd_recorder *recorder = &sampler->recorder;
    if (recorder->depth <= 1) return;
    if (recorder->sites.stacks_size < 2 * sampler->stacks_kept + FEW) return;
    hd_recorder_trim(recorder);
    sampler->stacks_kept = recorder->sites.stacks_size;
}

__attribute__((noinline)) static void
take(struct sampler *sampler, rb_trace_arg_t *event, uint32_t slot) {
    sampler->taken_at = rb_gc_count();
    if (getpid() != sampler->process) { // a forked process makes choices of its own
        sampler->process = getpid();
        hd_dice_stir(&sampler->dice, (uint64_t)sampler->process);
    }
    hd_dice_draw(&sampler->dice);
    trim(sampler);
    sampler->recorder.run = slot;
    hd_recorder_born(&sampler->recorder, event);
    sampler->taken++;
    HD_CHECK(rb_gc_count() == sampler->taken_at); // one in a hook would not be told
}

static void on_birth(VALUE data, rb_trace_arg_t *event);
/* The types of MRI's headers are those of hooks without that flag. */
static const rb_event_hook_func_t births = (rb_event_hook_func_t)(void *)on_birth;
static const rb_event_hook_func_t marks = (rb_event_hook_func_t)(void *)on_marked;

static void
end_hooks(void) {
    rb_remove_event_hook_with_data(births, Qnil);
    rb_remove_event_hook_with_data(marks, Qnil);
}

/* Whether a new T_DATA object is a Ractor. Its class is all that it has. */
static bool
is_ractor(VALUE obj) {
    VALUE klass = RBASIC_CLASS(obj);
    while (klass && klass != rb_cRactor) klass = rb_class_get_superclass(klass);
    return klass != 0;
}

__attribute__((noinline)) static void
on_rare_birth(struct sampler *sampler, rb_trace_arg_t *event, VALUE obj) {
    if (RB_BUILTIN_TYPE(obj) == RUBY_T_DATA && is_ractor(obj)) {
        sampler->ractors = true; // Ruby 3.1 crashes if there is such a hook when a Ractor begins
        end_hooks();
        return;
    }
    settle(sampler, obj);
    uint32_t slot = (uint32_t)hd_mri_slot_size(obj);
    if (hd_dice_take(&sampler->dice, slot)) take(sampler, event, slot);
}

/* For each object of the program: only what must be known of all, the rest is for a few. */
static void
on_birth(VALUE data, rb_trace_arg_t *event) {
    struct sampler *sampler = running;
    (void)data;
    VALUE obj = rb_tracearg_object(event);
    if (RB_UNLIKELY(RB_BUILTIN_TYPE(obj) == RUBY_T_DATA || rb_gc_count() != sampler->reaped_at)) {
        on_rare_birth(sampler, event, obj);
        return;
    }
    uint32_t slot = (uint32_t)hd_mri_slot_size(obj);
    if (RB_UNLIKELY(hd_dice_take(&sampler->dice, slot))) take(sampler, event, slot);
}

static void
begin_births(void) {
    rb_add_event_hook2(births, RUBY_INTERNAL_EVENT_NEWOBJ, Qnil,
                       RUBY_EVENT_HOOK_FLAG_SAFE | RUBY_EVENT_HOOK_FLAG_RAW_ARG);
}

static void
mark(void *data) {
    const struct sampler *sampler = data;
    hd_recorder_mark(&sampler->recorder);
}

static void
moved(void *data) {
    struct sampler *sampler = data;
    if (sampler->on && rb_gc_count() != sampler->reaped_at) { // the dead cannot be told any more
        sampler->lost += sampler->recorder.living.size;
        hd_recorder_reap(&sampler->recorder, is_any, NULL);
        sampler->reaped_at = rb_gc_count();
    }
    hd_recorder_moved(&sampler->recorder);
}

/* At the end of the process objects are freed in any order, and hooks may still be called. */
static void
release(void *data) {
    struct sampler *sampler = data;
    if (sampler->on) return;
    hd_recorder_free(&sampler->recorder);
    free(sampler);
}

static size_t
size_of(const void *data) {
    const struct sampler *sampler = data;
    return sizeof *sampler + hd_recorder_memory(&sampler->recorder);
}

/* Not write-barrier protected: hooks add strings that are marked. */
static const rb_data_type_t type = {
    .wrap_struct_name = "heapdump/sampler",
    .function = {.dmark = mark, .dfree = release, .dsize = size_of, .dcompact = moved},
};

static VALUE
allocate(VALUE klass) {
    struct sampler *sampler = calloc(1, sizeof *sampler);
    if (!sampler) rb_memerror();
    return rb_data_typed_object_wrap(klass, sampler, &type);
}

static struct sampler *
sampler_of(VALUE self) {
    return rb_check_typeddata(self, &type);
}

/*
 * Sampler.new(every, depth, seed): bytes of slots between two samples on average (Float), how many
 * frames of a stack are noted (1 for places alone), and what the choices depend on (Integer).
 */
static VALUE
initialize(VALUE self, VALUE every, VALUE depth, VALUE seed) {
    struct sampler *sampler = sampler_of(self);
    sampler->recorder.depth = NUM2UINT(depth);
    hd_dice_begin(&sampler->dice, NUM2DBL(every), NUM2ULL(seed));
    return self;
}

/* sampler.start: begins; once. */
static VALUE
start(VALUE self) {
    struct sampler *sampler = sampler_of(self);
    if (running) {
        rb_raise(busy_error,
                 "allocations are being sampled already; HeapDump.stop_sampling ends it");
    }
    if (!hd_can(HD_CAN_GC_FLAGS) || is_unmarked((uint64_t)rb_cObject, NULL)) {
        rb_raise(general_error, "this Ruby does not tell which objects the GC has marked");
    }
    rb_gc_latest_gc_info(state_key); // the first call makes objects, which a hook must not
    sampler->process = getpid();
    sampler->reaped_at = rb_gc_count();
    sampler->on = true;
    running = sampler;
    running_object = self;
    rb_add_event_hook2(marks, RUBY_INTERNAL_EVENT_GC_END_MARK, Qnil,
                       RUBY_EVENT_HOOK_FLAG_SAFE | RUBY_EVENT_HOOK_FLAG_RAW_ARG);
    begin_births();
    return Qnil;
}

/* sampler.stop: ends it and forgets all samples. Returns whether it was on. */
static VALUE
stop(VALUE self) {
    struct sampler *sampler = sampler_of(self);
    if (!sampler->on) return Qfalse;
    end_hooks();
    sampler->on = false;
    running = NULL;
    running_object = Qnil;
    hd_recorder_free(&sampler->recorder);
    return Qtrue;
}

static VALUE
is_on(VALUE self) {
    return sampler_of(self)->on ? Qtrue : Qfalse;
}

static void
refuse_if_spoilt(const struct sampler *sampler) {
    if (!sampler->on) rb_raise(general_error, "allocations are not sampled any more");
    if (sampler->ractors) {
        rb_raise(general_error,
                 "allocations are not sampled any more, because the program has made "
                 "a Ractor: MRI tells each Ractor of its own objects only");
    }
    if (sampler->recorder.failed) rb_memerror();
}

struct snapshot {
    struct sampler *sampler;
    struct hd_survivors survivors;
    bool paused;    /* births are not told */
    bool gc_was_on; /* before it was disabled for the snapshot */
};

/* Frees the sums, so that the next snapshot begins with none. */
static VALUE
end_snapshot(VALUE arg) {
    const struct snapshot *snapshot = (const struct snapshot *)arg;
    hd_cells_free(&snapshot->sampler->recorder.cells);
    if (snapshot->paused) begin_births();
    if (snapshot->gc_was_on) rb_gc_enable();
    return Qnil;
}

/* Forgets what has died. */
static void
settle_for_snapshot(struct sampler *sampler) {
    settle(sampler, 0);
    if (rb_gc_count() == sampler->reaped_at || rb_gc_latest_gc_info(state_key) != sweeping) return;
    rb_gc_start(); // sweeps at least; samples may be dead whose classes are swept already
    settle(sampler, 0);
}

static VALUE
make_snapshot(VALUE arg) {
    struct snapshot *snapshot = (struct snapshot *)arg;
    struct hd_recorder *recorder = &snapshot->sampler->recorder;
    settle_for_snapshot(snapshot->sampler);
    hd_cells_free(&recorder->cells);
    size_t memory = hd_recorder_memory(recorder);
    bool fine = hd_recorder_finish(recorder, hd_survivors_add, &snapshot->survivors);
    if (!fine || snapshot->survivors.failed) {
        hd_survivors_free(&snapshot->survivors);
        rb_memerror();
    }
    // what is read must not grow meanwhile
    rb_remove_event_hook_with_data(births, Qnil);
    snapshot->paused = true;
    return hd_result(recorder, &snapshot->survivors, memory);
}

/*
 * sampler.snapshot => Hash (result.h), of the samples that live; the run of a survivor is the size
 * of its slot at birth. The GC is disabled meanwhile, and no other thread runs: one that disables
 * the GC for itself would else find it enabled, or leave it disabled.
 */
static VALUE
snapshot(VALUE self) {
    struct snapshot snapshot = {.sampler = sampler_of(self)};
    refuse_if_spoilt(snapshot.sampler);
    snapshot.gc_was_on = !RTEST(rb_gc_disable());
    return rb_ensure(make_snapshot, (VALUE)&snapshot, end_snapshot, (VALUE)&snapshot);
}

/* sampler.figures => [samples taken, samples that live, samples lost, bytes of its tables] */
static VALUE
figures(VALUE self) {
    struct sampler *sampler = sampler_of(self);
    if (sampler->on && !sampler->ractors) settle(sampler, 0);
    return rb_ary_new_from_args(4, ULL2NUM(sampler->taken),
                                SIZET2NUM(sampler->recorder.living.size), ULL2NUM(sampler->lost),
                                SIZET2NUM(hd_recorder_memory(&sampler->recorder)));
}

static uint64_t
begin_dump(void) {
    if (!running || running->ractors || running->recorder.failed) return 0;
    settle(running, 0);
    return (uint64_t)running->dice.every;
}

/* The place of a site; of a stack that of the innermost frame of Ruby: those in C have none. */
static const struct hd_place *
place_of(const struct hd_recorder *recorder, uint32_t site) {
    const struct hd_sites *sites = &recorder->sites;
    if (recorder->depth <= 1) return &sites->places[site];
    const struct hd_place *place = &sites->places[sites->stacks[site].place];
    for (uint32_t at = site; at != HD_NO_NUMBER; at = sites->stacks[at].below) {
        const struct hd_place *here = &sites->places[sites->stacks[at].place];
        if (sites->texts.list[here->path].size > 0) return here;
    }
    return place;
}

static bool
find(VALUE obj, struct hd_sampled *out) {
    const struct hd_sites *sites = &running->recorder.sites;
    const struct hd_life *life = hd_living_find(&running->recorder.living, obj);
    if (!life) return false;
    const struct hd_place *place = place_of(&running->recorder, life->site);
    *out = (struct hd_sampled){
        .path = hd_texts_at(&sites->texts, place->path),
        .path_size = sites->texts.list[place->path].size,
        .line = place->line,
        .generation = life->birth,
    };
    if (place->method == HD_NO_NUMBER) return true;
    uint32_t label = sites->methods[place->method].label;
    out->method = hd_texts_at(&sites->texts, label);
    out->method_size = sites->texts.list[label].size;
    return true;
}

void
hd_sampler_define(VALUE module, VALUE error, VALUE busy) {
    static const char name[] = "Sampler";
    if (rb_const_defined_at(module, rb_intern(name))) rb_const_remove(module, rb_intern(name));
    VALUE klass = rb_define_class_under(module, name, rb_cObject);
    general_error = error;
    busy_error = busy;
    running_object = Qnil;
    rb_gc_register_address(&running_object);
    state_key = ID2SYM(rb_intern("state"));
    marking = ID2SYM(rb_intern("marking"));
    sweeping = ID2SYM(rb_intern("sweeping"));
    hd_sampler_facts = (struct hd_sampler_facts){find, begin_dump};
    rb_define_alloc_func(klass, allocate);
    rb_define_method(klass, "initialize", initialize, 3);
    rb_define_method(klass, "start", start, 0);
    rb_define_method(klass, "stop", stop, 0);
    rb_define_method(klass, "on?", is_on, 0);
    rb_define_method(klass, "snapshot", snapshot, 0);
    rb_define_method(klass, "figures", figures, 0);
    rb_funcall(module, rb_intern("private_constant"), 1, ID2SYM(rb_intern(name)));
}
