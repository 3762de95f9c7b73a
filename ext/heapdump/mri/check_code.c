/*
 * Checks of code.c and imemo.c.
 */
#include "mri/calibrate.h"

#include <string.h>

/* True if the code's parents lead to the top-level code in which the known objects were made. */
static bool
reaches_its_root(const struct known *known, const struct hd_code *from) {
    struct hd_code code = *from;
    VALUE root = 0;
    for (int depth = 0; depth < 8 && code.parent; depth++) {
        root = code.parent;
        if (!hd_mri_code(&known->pages, root, &code)) return false;
    }
    return root && !code.parent && code.local == root && from->local == root;
}

static bool
has_plausible_size(VALUE iseq) {
    enum { MOST = 64 }; // instructions of a block that only returns a variable
    const void *body = hd_read_pointer((void *)iseq, HD_BODY_OF_ISEQ);
    unsigned size = hd_read_u32(body, HD_BODY_ENCODED_SIZE);
    const VALUE *code = hd_read_pointer(body, HD_BODY_ENCODED);
    return size > 0 && size <= MOST && hd_plausible(code) &&
           hd_is_readable(code, size * sizeof *code);
}

bool
hd_check_iseq(const struct known *known) {
    struct hd_block outer, inner;
    if (!hd_mri_block(&known->pages, known->outer, &outer)) return false;
    if (!hd_mri_block(&known->pages, known->inner, &inner)) return false;
    struct hd_code code, around;
    if (!hd_mri_is_iseq(&known->pages, inner.code)) return false;
    if (!hd_mri_code(&known->pages, inner.code, &code)) return false;
    if (!code.label || !hd_same_text(code.label, rb_profile_frame_label(inner.code))) return false;
    if (!code.path || !hd_same_text(code.path, rb_profile_frame_path(inner.code))) return false;
    if (INT2FIX(code.line) != rb_profile_frame_first_lineno(inner.code)) return false;
    if (!code.type || strcmp(code.type, "block") != 0) return false;
    return code.locals_size == 0 && has_plausible_size(inner.code) &&
           reaches_its_root(known, &code) && code.parent == outer.code &&
           hd_mri_is_code_within(inner.code, outer.code) &&
           hd_mri_code(&known->pages, outer.code, &around) && around.locals_size == 1 &&
           hd_read(around.locals, 0) == rb_intern("known");
}

struct operand_search {
    const struct known *known;
    VALUE iseq;
    bool literal, call, wrong;
};

/*
 * Looks for the literal, and for the cache of the second call, which is written one line below the
 * beginning of the code. All caches must be call caches.
 */
static bool
operand_i(const struct hd_operand *operand, void *data) {
    struct operand_search *search = data;
    const struct hd_pages *pages = &search->known->pages;
    struct hd_code code;
    if (operand->object) search->literal |= operand->object == search->known->literal;
    if (!operand->call_cache) return true;
    search->wrong |= !hd_is_type(pages, operand->call_cache, RUBY_T_IMEMO) ||
                     hd_mri_imemo(operand->call_cache) != HD_IMEMO_CALLCACHE;
    if (search->wrong || !hd_mri_code(pages, search->iseq, &code)) return true;
    search->call |= hd_mri_callcache_method(pages, operand->call_cache) ==
                        rb_intern("heapdump_call") &&
                    (!rb_iseq_line_no ||
                     hd_mri_line_at(search->iseq, operand->position) == code.line + 1);
    return true;
}

bool
hd_check_operands(const struct known *known) {
    struct hd_block block;
    struct operand_search search = {.known = known};
    struct hd_code code;
    if (!hd_mri_block(&known->pages, known->code, &block) || !has_plausible_size(block.code))
        return false;
    search.iseq = block.code;
    if (!hd_mri_code(&known->pages, block.code, &code) || !code.base_label || !code.place)
        return false;
    hd_mri_each_operand(&known->pages, block.code, operand_i, &search);
    return search.literal && search.call && !search.wrong &&
           hd_same_text(code.base_label, rb_profile_frame_base_label(block.code));
}

static bool
begins_with(const struct hd_env *env, const char *name, VALUE value) {
    return env->names_size > 0 && hd_read(env->names, 0) == rb_intern(name) &&
           hd_read(env->locals, 0) == value;
}

/*
 * Checks the env that a method's variables are in. It names the method and the block that was given
 * to it.
 */
static bool
check_closure(const struct known *known) {
    struct hd_block block;
    struct hd_env env;
    struct hd_method_entry entry;
    return hd_mri_block(&known->pages, known->closure, &block) && block.env &&
           hd_mri_env(&known->pages, block.env, &env) && !env.parent && env.names_size == 2 &&
           begins_with(&env, "argument", known->value) && env.block == known->outer && env.entry &&
           hd_mri_method_entry(&known->pages, env.entry, &entry) &&
           entry.called == rb_intern("heapdump_probe");
}

bool
hd_check_env(const struct known *known) {
    struct hd_block inner;
    struct hd_env env, around;
    if (!hd_mri_block(&known->pages, known->inner, &inner) || !inner.env) return false;
    // this lambda has not run, so its env is that of the block around it
    return hd_mri_env(&known->pages, inner.env, &env) && env.names_size == 1 &&
           begins_with(&env, "known", known->value) && env.parent &&
           hd_mri_env(&known->pages, env.parent, &around) && !around.entry && check_closure(known);
}

static bool
is_enumerator(const struct known *known) {
    struct hd_enumerator enumerator;
    if (hd_mri_data_kind(known->enumerator) != HD_DATA_ENUMERATOR) return false;
    hd_mri_enumerator(known->enumerator, &enumerator);
    return hd_is_type(&known->pages, enumerator.receiver, RUBY_T_ARRAY) &&
           RARRAY_LEN(enumerator.receiver) == 1 &&
           rb_ary_entry(enumerator.receiver, 0) == known->value &&
           enumerator.method == rb_intern("each_slice") &&
           hd_is_type(&known->pages, enumerator.args, RUBY_T_ARRAY) &&
           RARRAY_LEN(enumerator.args) == 1 && rb_ary_entry(enumerator.args, 0) == INT2FIX(2);
}

bool
hd_check_proc(const struct known *known) {
    struct hd_block outer, inner, binding, closure, plain;
    return hd_mri_data_kind(known->outer) == HD_DATA_PROC &&
           hd_mri_block(&known->pages, known->outer, &outer) &&
           hd_mri_block(&known->pages, known->inner, &inner) &&
           hd_mri_block(&known->pages, known->binding, &binding) && outer.type == HD_BLOCK_ISEQ &&
           !outer.lambda && !outer.from_method && inner.lambda && !inner.from_method &&
           inner.lambda == RTEST(rb_proc_lambda_p(known->inner)) &&
           hd_mri_is_iseq(&known->pages, outer.code) && outer.self == known->self &&
           outer.self == inner.self && binding.self == outer.self && outer.env &&
           outer.env == binding.env && hd_mri_block(&known->pages, known->closure, &closure) &&
           closure.lambda && !closure.from_method && closure.self == known->module &&
           hd_mri_block(&known->pages, known->finalizer, &plain) && !plain.lambda &&
           !plain.from_method && is_enumerator(known);
}

struct entry_search {
    const struct known *known;
    const char *name;
    struct hd_method_entry found;
    VALUE entry;
};

static void
entry_i(VALUE ref, void *data) {
    struct entry_search *search = data;
    struct hd_method_entry entry;
    const struct hd_pages *pages = &search->known->pages;
    if (!hd_mri_is_method_entry(pages, ref) || !hd_mri_method_entry(pages, ref, &entry)) return;
    if (entry.called != rb_intern(search->name)) return;
    search->found = entry;
    search->entry = ref;
}

static bool
find_entry(const struct known *known, VALUE method, const char *name, struct entry_search *search) {
    *search = (struct entry_search){.known = known, .name = name};
    hd_mri_references(method, entry_i, search);
    return search->entry != 0;
}

/* Checks a method that is written in C, and whose owner is Kernel. */
static bool
check_c_method(const struct known *known) {
    struct entry_search search;
    return find_entry(known, known->c_method, "itself", &search) &&
           search.found.owner == rb_mKernel && search.found.definition && !search.found.cref &&
           search.found.original == search.found.called &&
           hd_mri_method_receiver(known->c_method) == known->value;
}

/* Checks where an attribute is defined: by the known source, which is one file of a few lines. */
static bool
check_attribute(const struct known *known) {
    struct entry_search search;
    if (!find_entry(known, known->attribute, "heapdump_attribute", &search)) return false;
    VALUE location = search.found.location;
    return search.found.attribute == rb_intern("@heapdump_attribute") &&
           (!location || (RARRAY_LEN(location) == 2 && RB_FIXNUM_P(rb_ary_entry(location, 1))));
}

bool
hd_check_method_entry(const struct known *known) {
    struct entry_search search;
    if (!find_entry(known, known->method, "heapdump_probe", &search)) return false;
    const struct hd_method_entry *entry = &search.found;
    return entry->owner == known->owner && entry->defined_class == known->owner &&
           entry->original == entry->called && entry->definition &&
           entry->original_module == (HD_RUBY >= 401 ? known->owner : 0) &&
           strcmp(entry->definition, "iseq") == 0 && entry->iseq && entry->cref &&
           entry->visibility && strcmp(entry->visibility, "public") == 0 &&
           hd_mri_method_name(search.entry, known->owner) == entry->called &&
           hd_mri_method_receiver(known->method) == known->module && check_c_method(known) &&
           check_attribute(known);
}

/* Checks that the method's cref begins with the class in which the method is written. */
static bool
check_cref(const struct known *known) {
    struct entry_search search;
    if (!hd_can(HD_CAN_METHOD_ENTRY) ||
        !find_entry(known, known->method, "heapdump_probe", &search))
        return true;
    VALUE cref = search.found.cref;
    const struct hd_imemo_field *fields = hd_mri_imemo_fields(hd_mri_imemo(cref));
    return hd_mri_imemo(cref) == HD_IMEMO_CREF && fields->offset &&
           hd_mri_word(cref, fields->offset) == rb_cObject;
}

bool
hd_check_imemo(const struct known *known) {
    static const struct {
        int number;
        enum hd_imemo kind;
    } needed[] = {{HD_NUMBER_ENV, HD_IMEMO_ENV},
                  {HD_NUMBER_CREF, HD_IMEMO_CREF},
                  {HD_NUMBER_MENT, HD_IMEMO_MENT},
                  {HD_NUMBER_ISEQ, HD_IMEMO_ISEQ}};
    if (!rb_imemo_name) return false;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        struct RBasic fake = {.flags = RUBY_T_IMEMO | (VALUE)needed[i].number << 12};
        if (hd_mri_imemo((VALUE)&fake) != needed[i].kind) return false;
    }
    return check_cref(known);
}
