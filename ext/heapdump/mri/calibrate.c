/*
 * Checks every mechanism against objects whose content is known, when the extension loads. What
 * does not match is switched off for the life of the process.
 */
#include "internal.h"

#include <string.h>

/* The known objects, in the order of the array that the source below returns. */
struct known {
    struct hd_pages pages;
    VALUE value, outer, inner, method, owner, binding, fiber, thread, enumerator, weak_map,
        weak_key_map, set, hash, module, identity_hash;
};

static const char source[] =
    "proc {"
    "  value = Object.new;"
    "  probe = Module.new { const_set(:KNOWN, value) };"
    "  def probe.heapdump_probe(argument) = argument;"
    "  outer = proc { |known| lambda { known } };"
    "  weak_map = ObjectSpace::WeakMap.new; weak_map[value] = probe;"
    "  weak_keys = nil;"
    "  if defined?(ObjectSpace::WeakKeyMap);"
    "    weak_keys = ObjectSpace::WeakKeyMap.new; weak_keys[value] = probe;"
    "  end;"
    "  [value, outer, outer.call(value), probe.method(:heapdump_probe), probe.singleton_class,"
    "   binding, Fiber.new {}, Thread.current, [value].each, weak_map, weak_keys,"
    "   RUBY_VERSION >= '4' ? Set.new([value]) : nil, Hash.new(value).merge!(known: probe), probe, "
    "{value => 1}.compare_by_identity]"
    "}.call";

static bool
same_text(VALUE a, VALUE b) {
    return a == b ||
           (RB_TYPE_P(a, T_STRING) && RB_TYPE_P(b, T_STRING) && rb_str_equal(a, b) == Qtrue);
}

static int
pair_i(VALUE key, VALUE value, VALUE arg) {
    VALUE *pair = (VALUE *)arg;
    pair[0] = key;
    pair[1] = value;
    return ST_CONTINUE;
}

static bool
check_hash_entries(const struct known *known) {
    if (!rb_hash_stlike_foreach) return false;
    VALUE pair[2] = {0, 0};
    hd_mri_hash_each(known->hash, pair_i, (VALUE)pair);
    VALUE ifnone = hd_mri_hash_default(known->hash);
    return pair[0] == ID2SYM(rb_intern("known")) && pair[1] == known->module &&
           (ifnone == known->value || ifnone == Qundef) && !hd_mri_hash_by_identity(known->hash) &&
           !hd_mri_hash_default_is_proc(known->hash);
}

static void
constant_i(const struct hd_constant *constant, void *data) {
    const struct known *known = ((void **)data)[0];
    if (constant->name == rb_intern("KNOWN") && constant->value == known->value) {
        ((void **)data)[1] = data;
    }
}

static bool
check_constants(const struct known *known) {
    void *found[2] = {(void *)known, NULL};
    hd_mri_each_constant(&known->pages, known->module, constant_i, found);
    return found[1] != NULL;
}

static bool
check_iseq(const struct known *known) {
    struct hd_block outer, inner;
    if (!hd_mri_block(&known->pages, known->outer, &outer)) return false;
    if (!hd_mri_block(&known->pages, known->inner, &inner)) return false;
    struct hd_code code;
    if (!hd_mri_is_iseq(&known->pages, inner.code)) return false;
    if (!hd_mri_code(&known->pages, inner.code, &code)) return false;
    if (!code.label || !same_text(code.label, rb_profile_frame_label(inner.code))) return false;
    if (!code.path || !same_text(code.path, rb_profile_frame_path(inner.code))) return false;
    if (INT2FIX(code.line) != rb_profile_frame_first_lineno(inner.code)) return false;
    if (!code.type || strcmp(code.type, "block") != 0) return false;
    return code.parent == outer.code && hd_mri_code(&known->pages, outer.code, &code) &&
           code.locals_size == 1 && code.locals[0] == rb_intern("known");
}

static bool
check_env(const struct known *known) {
    struct hd_block inner;
    struct hd_env env;
    if (!hd_mri_block(&known->pages, known->inner, &inner) || !inner.env) return false;
    // a lambda that has not run: its env is that of the block around it
    return hd_mri_env(&known->pages, inner.env, &env) && env.names_size == 1 &&
           env.names[0] == rb_intern("known") && env.locals[0] == known->value && env.parent;
}

static bool
check_proc(const struct known *known) {
    struct hd_block outer, inner, binding;
    return hd_mri_data_kind(known->outer) == HD_DATA_PROC &&
           hd_mri_block(&known->pages, known->outer, &outer) &&
           hd_mri_block(&known->pages, known->inner, &inner) &&
           hd_mri_block(&known->pages, known->binding, &binding) && outer.type == HD_BLOCK_ISEQ &&
           !outer.lambda && inner.lambda && inner.lambda == RTEST(rb_proc_lambda_p(known->inner)) &&
           outer.self == inner.self && binding.self == outer.self && outer.env &&
           outer.env == binding.env;
}

struct entry_search {
    const struct known *known;
    bool found;
};

static void
entry_i(VALUE ref, void *data) {
    struct entry_search *search = data;
    struct hd_method_entry entry;
    const struct hd_pages *pages = &search->known->pages;
    if (!hd_mri_is_method_entry(pages, ref) || !hd_mri_method_entry(pages, ref, &entry)) return;
    if (entry.called == rb_intern("heapdump_probe") && entry.owner == search->known->owner &&
        entry.original == entry.called && entry.iseq && entry.visibility &&
        strcmp(entry.visibility, "public") == 0) {
        search->found = true;
    }
}

static bool
check_method_entry(const struct known *known) {
    struct entry_search search = {known, false};
    hd_mri_references(known->method, entry_i, &search);
    return search.found && hd_mri_method_receiver(known->method) == known->module;
}

/*
 * Our frames with code must stand in this order among those of the public profiling interface, as
 * many as that is asked for. It tells the method in which code stands ("r"), we tell the code itself
 * ("block in r", "rescue in r"): the base label of both is that of the method.
 */
enum { PROFILED = 64 };
struct frame_search {
    VALUE frames[PROFILED];
    int lines[PROFILED];
    int size, next;
    int seen;
    bool mismatch;
};

static void
frame_i(const struct hd_frame *frame, void *data) {
    struct frame_search *search = data;
    if (!frame->iseq || search->mismatch) return;
    VALUE label = rb_profile_frame_base_label(frame->iseq);
    while (search->next < search->size) {
        int i = search->next++;
        if (search->lines[i] == frame->line &&
            same_text(rb_profile_frame_base_label(search->frames[i]), label)) {
            search->seen++;
            return;
        }
    }
    // a stack goes on where the list is full
    if (search->size < PROFILED) search->mismatch = true;
}

static bool
check_frames(const struct known *known) {
    const void *context = hd_mri_thread_context(known->thread);
    if (!context || !hd_mri_context_has_stack(context)) return false;
    struct frame_search search = {.size = 0};
    search.size = rb_profile_frames(0, PROFILED, search.frames, search.lines);
    hd_mri_each_frame(&known->pages, context, frame_i, &search);
    return search.seen > 0 && !search.mismatch;
}

static bool
check_fiber(const struct known *known) {
    const void *context = hd_mri_fiber_context(known->fiber);
    return context && hd_mri_context_fiber(context) == known->fiber &&
           !hd_mri_context_has_stack(context);
}

static void
fiber_local_i(ID name, VALUE value, void *data) {
    VALUE *expected = data, text = rb_id2str(name);
    if (value == expected[0] && text && same_text(text, rb_id2str(rb_intern("heapdump_probe")))) {
        expected[1] = Qtrue;
    }
}

static bool
check_fiber_locals(const struct known *known) {
    ID name = rb_intern("heapdump_probe");
    const void *context = hd_mri_thread_context(known->thread);
    if (!context) return false;
    VALUE expected[2] = {known->value, Qfalse};
    rb_thread_local_aset(known->thread, name, known->value);
    hd_mri_each_fiber_local(context, fiber_local_i, expected);
    rb_thread_local_aset(known->thread, name, Qnil);
    return expected[1] == Qtrue;
}

static bool
check_imemo(const struct known *known) {
    (void)known;
    if (!rb_imemo_name) return false;
    enum { LAST_KNOWN = 13 };
    for (int number = 0; number <= LAST_KNOWN; number++) {
        struct RBasic fake = {.flags = RUBY_T_IMEMO | (VALUE)number << 12};
        if (strcmp(rb_imemo_name(number), hd_mri_imemo_name((VALUE)&fake)) != 0) return false;
    }
    return true;
}

static int
weak_i(VALUE key, VALUE value, void *data) {
    VALUE *pair = data;
    pair[0] = key;
    pair[1] = value;
    return ST_CONTINUE;
}

static bool
weak_holds(const struct known *known, VALUE map, enum hd_data_kind kind) {
    VALUE pair[2] = {0, 0};
    hd_mri_weak_each(&known->pages, map, kind, weak_i, pair);
    return pair[0] == known->value && pair[1] == known->module;
}

static bool
check_weak(const struct known *known) {
    if (!weak_holds(known, known->weak_map, HD_DATA_WEAK_MAP)) return false;
    return NIL_P(known->weak_key_map) ||
           weak_holds(known, known->weak_key_map, HD_DATA_WEAK_KEY_MAP);
}

static int
set_i(VALUE element, VALUE data) {
    *(VALUE *)data = element;
    return ST_CONTINUE;
}

static bool
check_set(const struct known *known) {
    VALUE element = 0;
    if (NIL_P(known->set) || hd_mri_data_kind(known->set) != HD_DATA_SET) return false;
    hd_mri_set_each(known->set, set_i, (VALUE)&element);
    return element == known->value;
}

static bool
check_gc_flags(const struct known *known) {
    if (!rb_obj_gc_flags && !rb_gc_object_metadata) return false;
    return !(hd_mri_gc_flags(known->value) & HD_UNPROTECTED);
}

static bool
check_remembered(const struct known *known) {
    (void)known;
    return rb_gc_object_metadata != NULL;
}

static bool
check_layout(const struct known *known) {
    (void)known;
    return true; // looked at where it is used: there is nothing to trace or finalize yet
}

#define NOTHING HD_CAPABILITIES

static const struct check {
    bool (*passes)(const struct known *);
    bool needs_layout;
    enum hd_capability needs; /* what this one stands on */
} checks[HD_CAPABILITIES] = {
    [HD_CAN_HASH_ENTRIES] = {check_hash_entries, false, NOTHING},
    [HD_CAN_CONSTANTS] = {check_constants, true, NOTHING},
    [HD_CAN_ISEQ] = {check_iseq, true, NOTHING},
    [HD_CAN_ENV] = {check_env, true, HD_CAN_ISEQ},
    [HD_CAN_PROC] = {check_proc, true, NOTHING},
    [HD_CAN_METHOD_ENTRY] = {check_method_entry, true, NOTHING},
    [HD_CAN_FRAMES] = {check_frames, true, HD_CAN_ISEQ},
    [HD_CAN_FIBER] = {check_fiber, true, NOTHING},
    [HD_CAN_FIBER_LOCALS] = {check_fiber_locals, true, NOTHING},
    [HD_CAN_IMEMO] = {check_imemo, true, NOTHING},
    [HD_CAN_WEAK] = {check_weak, true, NOTHING},
    [HD_CAN_SET] = {check_set, true, NOTHING},
    [HD_CAN_GC_FLAGS] = {check_gc_flags, false, NOTHING},
    [HD_CAN_REMEMBERED] = {check_remembered, false, HD_CAN_GC_FLAGS},
    [HD_CAN_ALLOCATIONS] = {check_layout, true, NOTHING},
    [HD_CAN_FINALIZERS] = {check_layout, false, NOTHING},
};

static bool
is_named(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ",");
        if ((length == n && strncmp(at, name, n) == 0) || (length == 3 && !strncmp(at, "all", 3))) {
            return true;
        }
    }
    return false;
}

static void
run_checks(const struct known *known, const char *without) {
    for (int i = 0; i < HD_CAPABILITIES; i++) {
        const struct check *check = &checks[i];
        if (without && is_named(without, hd_capability_name((enum hd_capability)i))) continue;
        if (check->needs_layout && !hd_layout()) continue;
        if (check->needs != NOTHING && !hd_can(check->needs)) continue;
        if (check->passes(known)) hd_switch_on((enum hd_capability)i);
    }
}

static bool
make_known(struct known *known) {
    int state = 0;
    VALUE list = rb_eval_string_protect(source, &state);
    if (state) {
        rb_set_errinfo(Qnil);
        return false;
    }
    VALUE *const members[] = {&known->value,    &known->outer,        &known->inner,
                              &known->method,   &known->owner,        &known->binding,
                              &known->fiber,    &known->thread,       &known->enumerator,
                              &known->weak_map, &known->weak_key_map, &known->set,
                              &known->hash,     &known->module,       &known->identity_hash};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        *members[i] = rb_ary_entry(list, (long)i);
    }
    hd_hash_learn(known->identity_hash);
    hd_data_learn(HD_DATA_PROC, known->outer);
    hd_data_learn(HD_DATA_BINDING, known->binding);
    hd_data_learn(HD_DATA_METHOD, known->method);
    hd_data_learn(HD_DATA_THREAD, known->thread);
    hd_data_learn(HD_DATA_FIBER, known->fiber);
    hd_data_learn(HD_DATA_ENUMERATOR, known->enumerator);
    hd_data_learn(HD_DATA_WEAK_MAP, known->weak_map);
    hd_data_learn(HD_DATA_WEAK_KEY_MAP, known->weak_key_map);
    hd_data_learn(HD_DATA_SET, known->set);
    // never enabled, so it costs nothing
    hd_data_learn(HD_DATA_TRACEPOINT, rb_tracepoint_new(0, RUBY_EVENT_RAISE, NULL, NULL));
    return true;
}

const char *
hd_mri_init(const char *without) {
    if (!rb_objspace_each_objects) return "rb_objspace_each_objects";
    if (!rb_objspace_reachable_objects_from) return "rb_objspace_reachable_objects_from";
    if (!rb_objspace_reachable_objects_from_root) return "rb_objspace_reachable_objects_from_root";
    hd_fields_init();
    hd_heap_init();

    VALUE was_disabled = rb_gc_disable(); // the known objects stay where they are
    struct known known = {0};
    if (make_known(&known) && hd_pages_collect(&known.pages) == 0) run_checks(&known, without);
    hd_pages_free(&known.pages);
    if (!RTEST(was_disabled)) rb_gc_enable();
    return NULL;
}
