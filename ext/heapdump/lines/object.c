/*
 * The line of one object. Writes the fields that every object has; the writers of the types write
 * the fields of one type between them.
 */
#include "lines/object.h"

#include <string.h>

#include "account/stacks.h"
#include "base/types.h"
#include "guard/foreign.h"
#include "guard/guard.h"
#include "lines/ivars.h"
#include "lines/sampled.h"
#include "lines/writers.h"
#include "lines/unreadable.h"
#include "lines/value.h"

/* The writer of each type; NULL for types that have no fields of their own. */
static void (*const writers[RUBY_T_MASK + 1])(struct hd_dump *, VALUE) = {
    [RUBY_T_OBJECT] = hd_write_object_fields,
    [RUBY_T_CLASS] = hd_write_module,
    [RUBY_T_MODULE] = hd_write_module,
    [RUBY_T_ICLASS] = hd_write_iclass,
    [RUBY_T_FLOAT] = hd_write_float,
    [RUBY_T_STRING] = hd_write_string,
    [RUBY_T_REGEXP] = hd_write_regexp,
    [RUBY_T_ARRAY] = hd_write_array,
    [RUBY_T_HASH] = hd_write_hash,
    [RUBY_T_STRUCT] = hd_write_struct,
    [RUBY_T_BIGNUM] = hd_write_bignum,
    [RUBY_T_FILE] = hd_write_file,
    [RUBY_T_DATA] = hd_write_data,
    [RUBY_T_MATCH] = hd_write_match,
    [RUBY_T_COMPLEX] = hd_write_complex,
    [RUBY_T_RATIONAL] = hd_write_rational,
    [RUBY_T_SYMBOL] = hd_write_symbol,
    [RUBY_T_IMEMO] = hd_write_imemo,
};

static bool
has_class_field(int type) {
    return type != RUBY_T_IMEMO && type != RUBY_T_ICLASS && type != RUBY_T_NODE;
}

/*
 * True for types whose instance variables MRI stores outside of the object. The writers of the
 * other types write them, or there are none.
 */
static bool
may_have_generic_ivars(int type) {
    switch (type) {
    case RUBY_T_OBJECT:
    case RUBY_T_CLASS:
    case RUBY_T_MODULE:
    case RUBY_T_ICLASS:
    case RUBY_T_IMEMO:
    case RUBY_T_NODE:
    case RUBY_T_SYMBOL:
        return false;
    default:
        return true;
    }
}

/* Writes all references that have a name. */
static void
write_named(struct hd_dump *dump, VALUE obj, int type) {
    VALUE klass = has_class_field(type) ? RBASIC_CLASS(obj) : 0;
    if (klass) {
        hd_refs_take(&dump->refs, klass);
        hd_put_class(&dump->out, dump->names, klass);
    }
    if (writers[type]) writers[type](dump, obj);
    if (may_have_generic_ivars(type) && hd_mri_has_generic_ivars(obj)) hd_write_ivars(dump, obj);
    hd_write_held(dump, HD_FIELD("fields"), hd_fields_of(dump, obj));
}

struct root_search {
    VALUE of, found;
};

static void
shared_root_i(VALUE ref, void *data) {
    struct root_search *search = data;
    if (RB_BUILTIN_TYPE(ref) == RB_BUILTIN_TYPE(search->of)) search->found = ref;
}

/*
 * For a string or array that shares its buffer. MRI marks the object that owns the buffer; it is
 * found among the references that have no name yet.
 */
static void
write_shared_root(struct hd_dump *dump, VALUE obj, int type) {
    struct root_search search = {obj, 0};
    hd_refs_each_left(&dump->refs, shared_root_i, &search);
    if (!search.found) return;
    hd_write_ref(dump, HD_FIELD("shared_root"), search.found);
    if (type != RUBY_T_ARRAY) return;
    const VALUE *elements = hd_mri_array_elements(obj), *all = hd_mri_array_elements(search.found);
    if (!elements || !all || elements < all || elements > all + RARRAY_LEN(search.found)) return;
    hd_put_number(&dump->out, HD_FIELD("offset"), (uint64_t)(elements - all));
}

static bool
is_shared(VALUE obj, int type) {
    if (type == RUBY_T_ARRAY) return hd_mri_array_shared(obj);
    return type == RUBY_T_STRING && hd_mri_string_shared(obj);
}

static void
reference_i(VALUE ref, void *data) {
    struct hd_dump *dump = data;
    hd_put_address(&dump->out, ref);
    hd_put_char(&dump->out, ',');
}

static void
write_rest(struct hd_dump *dump) {
    if (dump->refs.taken == dump->refs.size) return;
    HD_PUT(&dump->out, ",\"references\":[");
    hd_refs_each_left(&dump->refs, reference_i, dump);
    hd_json_close(&dump->out, ']');
}

static void
write_weak(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    HD_PUT(out, ",\"weak\":{");
    for (int i = 0; i < dump->weak_size; i++) {
        hd_put_bytes(out, dump->weak[i].key, dump->weak[i].key_size);
        hd_put_address(out, dump->weak[i].ref);
        hd_put_char(out, ',');
    }
    hd_json_close(out, '}');
}

static void
write_finalizer_table(struct hd_dump *dump, VALUE obj) {
    VALUE object = hd_finalizers_object_of(&dump->finalizers, obj);
    if (object) hd_add_weak(dump, HD_FIELD("finalizer_of"), object);
}

/* The size comes last: if the extension's size function fails, nothing else is lost. */
static void
write_memsize(struct hd_dump *dump, VALUE obj, size_t slot_size) {
    if (hd_has_hung(obj, HD_SIZING)) {
        hd_write_error(dump, HD_HUNG, " while reading its size");
        return;
    }
    dump->step = HD_SIZING;
    size_t size = hd_memsize(obj, slot_size);
    if (RB_BUILTIN_TYPE(obj) == RUBY_T_DATA && hd_mri_data_kind(obj) == HD_DATA_THREAD) {
        size = hd_thread_memsize(obj, size);
    }
    hd_put_number(&dump->out, HD_FIELD("memsize"), size);
}

static void
write_flags(struct hd_dump *dump, VALUE obj, size_t slot_size) {
    unsigned flags = hd_can(HD_CAN_GC_FLAGS) ? hd_mri_gc_flags(obj) : 0;
    unsigned char *to = hd_sink_reserve(&dump->out, 200);
    if (RB_OBJ_FROZEN_RAW(obj)) to = HD_AT(to, ",\"frozen\":true");
    if (hd_mri_shareable(obj)) to = HD_AT(to, ",\"shareable\":true");
    if (RB_FL_TEST_RAW(obj, RUBY_FL_FINALIZE)) to = HD_AT(to, ",\"finalizer\":true");
    if (flags & HD_OLD) to = HD_AT(to, ",\"old\":true");
    if (flags & HD_PINNED) to = HD_AT(to, ",\"pinned\":true");
    if (flags & HD_REMEMBERED) to = HD_AT(to, ",\"remembered\":true");
    if (flags & HD_UNPROTECTED) to = HD_AT(to, ",\"unprotected\":true");
    if (slot_size != dump->usual_slot) to = hd_at_u64(HD_AT(to, ",\"slot_size\":"), slot_size);
    dump->out.pos = to;
}

/* True if the fields `file`, `line` or `method` have another meaning for this object. */
static bool
tells_own_place(VALUE obj, int type) {
    if (type == RUBY_T_IMEMO) return true;
    if (type != RUBY_T_DATA) return false;
    switch (hd_mri_data_kind(obj)) {
    case HD_DATA_PROC:
    case HD_DATA_BINDING:
    case HD_DATA_METHOD:
    case HD_DATA_ENUMERATOR:
        return true;
    default:
        return false;
    }
}

struct hd_sampler_facts hd_sampler_facts;

static void
write_sampled(struct hd_dump *dump, VALUE obj, int type) {
    struct hd_sampled sampled;
    if (!hd_sampler_facts.find(obj, &sampled)) return;
    hd_put_number(&dump->out, HD_FIELD("generation"), sampled.generation);
    if (tells_own_place(obj, type)) return;
    if (sampled.path_size > 0) {
        hd_put_field(&dump->out, HD_FIELD("file"));
        hd_put_quoted_name(&dump->out, sampled.path, sampled.path_size);
        hd_put_number(&dump->out, HD_FIELD("line"), (uint64_t)sampled.line);
    }
    if (!sampled.method) return;
    hd_put_field(&dump->out, HD_FIELD("method"));
    hd_put_quoted_name(&dump->out, sampled.method, sampled.method_size);
}

/* What traces all objects knows more than a sampler, so that goes first. */
static void
write_allocation(struct hd_dump *dump, VALUE obj, int type) {
    struct hd_allocation allocation;
    if (!dump->allocations ||
        !hd_mri_allocation(&dump->pages, dump->allocations, obj, &allocation)) {
        if (dump->sampled_every) write_sampled(dump, obj, type);
        return;
    }
    hd_put_number(&dump->out, HD_FIELD("generation"), allocation.generation);
    if (tells_own_place(obj, type)) return;
    if (allocation.file) {
        hd_write_word(dump, HD_FIELD("file"), allocation.file);
        hd_put_number(&dump->out, HD_FIELD("line"), allocation.line);
    }
    hd_write_name(dump, HD_FIELD("method"), allocation.method);
}

/*
 * The named references may not be all that MRI marks. Collects the references again as a list, and
 * names them again with the output muted, to find those that are left.
 */
static void
recount(struct hd_dump *dump, VALUE obj, int type) {
    hd_sink_mute(&dump->out);
    hd_refs_collect(&dump->refs, obj, true);
    dump->weak_size = 0;
    write_named(dump, obj, type);
    hd_sink_unmute(&dump->out);
}

void
hd_write_object(struct hd_dump *dump, VALUE obj, size_t slot_size) {
    struct hd_sink *out = &dump->out;
    int type = RB_BUILTIN_TYPE(obj);
    if (hd_types[type].size == 0) return; // no object
    dump->weak_size = 0;
    hd_refs_collect(&dump->refs, obj, false);

    dump->step = HD_NAMING;
    unsigned char *to = hd_at_address(HD_AT(hd_sink_reserve(out, 64), "{\"address\":"), obj);
    memcpy(to, hd_types[type].field, sizeof hd_types[type].field);
    out->pos = to + hd_types[type].size;
    write_named(dump, obj, type);
    if (!hd_refs_settled(&dump->refs)) recount(dump, obj, type);
    if (is_shared(obj, type)) write_shared_root(dump, obj, type);
    write_rest(dump);
    if (type == RUBY_T_ARRAY) write_finalizer_table(dump, obj);
    if (dump->weak_size > 0) write_weak(dump);
    write_flags(dump, obj, slot_size);
    if (dump->allocations || dump->sampled_every) write_allocation(dump, obj, type);
    if (dump->refs.failed) hd_write_error(dump, HD_OUT_OF_MEMORY, " while reading references");
    else write_memsize(dump, obj, slot_size);
    HD_PUT(out, "}\n");
}
