/*
 * Code and what it closes over: iseqs, method entries, blocks, environments.
 */
#include "mri/internal.h"

bool
hd_mri_is_iseq(const struct hd_pages *pages, VALUE v) {
    return hd_is_imemo(pages, v, HD_NUMBER_ISEQ);
}

bool
hd_mri_is_method_entry(const struct hd_pages *pages, VALUE v) {
    return hd_is_imemo(pages, v, HD_NUMBER_MENT);
}

static VALUE
if_imemo(const struct hd_pages *pages, VALUE v, int number) {
    return hd_is_imemo(pages, v, number) ? v : 0;
}

static VALUE
if_type(const struct hd_pages *pages, VALUE v, int type) {
    return hd_is_type(pages, v, type) ? v : 0;
}

bool
hd_mri_code(const struct hd_pages *pages, VALUE iseq, struct hd_code *out) {
    static const char *const types[] = {"top",    "method", "block", "class", "rescue",
                                        "ensure", "eval",   "main",  "plain"};
    const struct hd_layout *layout = hd_layout();
    *out = (struct hd_code){0};
    const void *body = hd_read_pointer((void *)iseq, HD_BODY_OF_ISEQ);
    if (!hd_plausible(body)) return false; // still being compiled

    unsigned type = hd_read_u32(body, HD_BODY_TYPE);
    if (type < sizeof types / sizeof *types) out->type = types[type];
    VALUE path = hd_read(body, HD_BODY_PATH);
    if (hd_pages_have_object(pages, path)) out->place = path;
    if (hd_is_type(pages, path, RUBY_T_ARRAY) && RARRAY_LEN(path) > 0) {
        const VALUE *elements = hd_mri_array_elements(path); // [path, real path]
        path = elements ? hd_read(elements, 0) : 0;
    }
    out->path = if_type(pages, path, RUBY_T_STRING);
    out->label = if_type(pages, hd_read(body, HD_BODY_LABEL), RUBY_T_STRING);
    out->base_label = if_type(pages, hd_read(body, HD_BODY_BASE_LABEL), RUBY_T_STRING);
    if (layout->line_is_value) {
        VALUE line = hd_read(body, HD_BODY_LINE);
        out->line = RB_FIXNUM_P(line) ? (int)RB_FIX2LONG(line) : 0;
    }
    else {
        out->line = (int)hd_read_u32(body, HD_BODY_LINE);
    }
    out->parent = if_imemo(pages, hd_read(body, layout->iseq_parent), HD_NUMBER_ISEQ);
    out->local = if_imemo(pages, hd_read(body, layout->iseq_local_iseq), HD_NUMBER_ISEQ);
    const ID *locals = hd_read_pointer(body, layout->iseq_local_table);
    unsigned size = hd_read_u32(body, layout->iseq_local_table_size);
    if (hd_plausible(locals) && size < 1 << 20) {
        out->locals = locals;
        out->locals_size = size;
    }
    return true;
}

static bool
is_complemented(VALUE entry) {
    return RBASIC(entry)->flags >> 19 & 1;
}

bool
hd_mri_method_entry(const struct hd_pages *pages, VALUE entry, struct hd_method_entry *out) {
    static const char *const definitions[] = {
        "iseq",  "cfunc", "attr_writer",    "attr_reader", "bmethod", "zsuper",
        "alias", "undef", "notimplemented", "optimized",   "missing", "refined"};
    static const char *const visibilities[] = {NULL, "public", "private", "protected"};
    enum { ISEQ, CFUNC, ATTRSET, IVAR, BMETHOD, ZSUPER, ALIAS, REFINED = 11 };
    const void *me = (const void *)entry;
    VALUE flags = RBASIC(entry)->flags;
    *out = (struct hd_method_entry){
        .called = hd_read(me, HD_ENTRY_CALLED),
        .visibility = visibilities[flags >> 16 & 3],
    };
    VALUE owner = hd_read(me, HD_ENTRY_OWNER), defined_class = hd_read(me, HD_ENTRY_DEFINED_CLASS);
    if (hd_pages_have_object(pages, owner)) out->owner = owner;
    if (hd_pages_have_object(pages, defined_class)) out->defined_class = defined_class;

    const void *definition = hd_read_pointer(me, HD_ENTRY_DEFINITION);
    if (!hd_plausible(definition)) return true; // it says that there is no such method
    unsigned type = hd_read_u32(definition, 0) & 15;
    if (type < sizeof definitions / sizeof *definitions) out->definition = definitions[type];
    out->original = hd_read(definition, HD_DEFINITION_ORIGINAL);
    VALUE module = HD_RUBY >= 401 ? hd_read(definition, HD_DEFINITION_MODULE) : 0;
    if (hd_pages_have_object(pages, module)) out->original_module = module;
    VALUE first = hd_read(definition, HD_DEFINITION_BODY);
    VALUE second = hd_read(definition, HD_DEFINITION_BODY + sizeof(VALUE));
    switch (type) {
    case ISEQ:
        out->iseq = if_imemo(pages, first, HD_NUMBER_ISEQ);
        out->cref = if_imemo(pages, second, HD_NUMBER_CREF);
        break;
    case ATTRSET:
    case IVAR:
        out->attribute = first;
        out->location = if_type(pages, second, RUBY_T_ARRAY);
        break;
    case BMETHOD:
        out->proc = if_type(pages, first, RUBY_T_DATA);
        break;
    case ALIAS:
    case REFINED:
        out->alias_of = if_imemo(pages, first, HD_NUMBER_MENT);
        break;
    default:
        break;
    }
    return true;
}

ID
hd_mri_method_name(VALUE ref, VALUE owner) {
    if (RB_BUILTIN_TYPE(ref) != RUBY_T_IMEMO || hd_imemo_number(ref) != HD_NUMBER_MENT) return 0;
    const void *me = (const void *)ref;
    // caches hold entries too: copies for other classes, and entries for missing methods
    if (hd_read(me, HD_ENTRY_OWNER) != owner || is_complemented(ref)) return 0;
    if (!hd_plausible(hd_read_pointer(me, HD_ENTRY_DEFINITION))) return 0;
    return hd_read(me, HD_ENTRY_CALLED);
}

bool
hd_mri_is_code_within(VALUE ref, VALUE parent) {
    if (RB_BUILTIN_TYPE(ref) != RUBY_T_IMEMO || hd_imemo_number(ref) != HD_NUMBER_ISEQ)
        return false;
    const void *body = hd_read_pointer((void *)ref, HD_BODY_OF_ISEQ);
    return hd_plausible(body) && hd_read(body, hd_layout()->iseq_parent) == parent;
}

/* The env object that holds the variables at `ep`; 0 while these are on the stack. */
static VALUE
env_of(const struct hd_pages *pages, const VALUE *ep) {
    if (!hd_plausible(ep)) return 0;
    VALUE env = if_imemo(pages, hd_read(ep, HD_EP_ENV), HD_NUMBER_ENV);
    return env && hd_read_pointer((void *)env, HD_ENV_EP) == ep ? env : 0;
}

bool
hd_mri_block(const struct hd_pages *pages, VALUE data, struct hd_block *out) {
    const void *body = hd_mri_data_pointer(data);
    if (!hd_plausible(body)) return false;
    unsigned type = hd_read_u32(body, HD_BLOCK_TYPE);
    if (type > HD_BLOCK_PROC) return false;
    *out = (struct hd_block){.type = (enum hd_block_type)type};
    if (hd_mri_data_kind(data) == HD_DATA_PROC) {
        unsigned flags = hd_read_u32(body, HD_PROC_FLAGS);
        out->from_method = flags & 1;
        out->lambda = flags & 2;
    }
    if (type == HD_BLOCK_SYMBOL || type == HD_BLOCK_PROC) {
        out->code = hd_read(body, HD_BLOCK_SELF);
        return true;
    }
    out->self = hd_read(body, HD_BLOCK_SELF);
    out->code = hd_read(body, HD_BLOCK_CODE);
    out->env = env_of(pages, hd_read_pointer(body, HD_BLOCK_EP));
    return true;
}

/* The words of an env; false if MRI has not filled it yet. */
static bool
env_words(VALUE env, const VALUE **ep, const VALUE **values, unsigned *size) {
    *ep = hd_read_pointer((void *)env, HD_ENV_EP);
    *values = hd_read_pointer((void *)env, HD_ENV_VALUES);
    *size = hd_read_u32((void *)env, HD_ENV_SIZE);
    if (!hd_plausible(*ep) || !hd_plausible(*values)) return false;
    return *size >= 4 && *ep == *values + *size - 2 && hd_read(*ep, HD_EP_ENV) == env;
}

static void
report(VALUE v, void (*fn)(VALUE, void *), void *data) {
    if (!RB_SPECIAL_CONST_P(v)) fn(v, data);
}

/*
 * MRI's own function writes into each env that it marks, although the flag is set there in most
 * cases. Envs lie between what the program allocates, so forked processes would copy most of it.
 */
bool
hd_env_references(VALUE env, void (*fn)(VALUE, void *), void *data) {
    const VALUE *ep, *values;
    unsigned size;
    if (!env_words(env, &ep, &values, &size)) return false;
    for (unsigned i = 0; i < size; i++) report(values[i], fn, data);
    if (!(hd_read(ep, HD_EP_FLAGS) & HD_EP_LOCAL)) {
        const VALUE *parent = (const VALUE *)(hd_read(ep, HD_EP_SPECIAL) & ~(VALUE)3);
        if (hd_plausible(parent)) report(hd_read(parent, HD_EP_ENV), fn, data);
    }
    report(hd_read((void *)env, HD_ENV_ISEQ), fn, data);
    return true;
}

bool
hd_mri_env(const struct hd_pages *pages, VALUE env, struct hd_env *out) {
    *out = (struct hd_env){0};
    const VALUE *ep, *values;
    unsigned size;
    if (!env_words(env, &ep, &values, &size)) return false;

    out->iseq = if_imemo(pages, hd_read((void *)env, HD_ENV_ISEQ), HD_NUMBER_ISEQ);
    struct hd_code code;
    if (out->iseq && hd_mri_code(pages, out->iseq, &code) && code.locals_size + 4 <= size) {
        out->names = code.locals;
        out->names_size = code.locals_size;
        out->locals = hd_locals_below(ep, code.locals_size);
    }
    out->entry = if_imemo(pages, hd_read(ep, HD_EP_ENTRY), HD_NUMBER_MENT);
    out->cref = if_imemo(pages, hd_read(ep, HD_EP_ENTRY), HD_NUMBER_CREF);
    VALUE special = hd_read(ep, HD_EP_SPECIAL);
    if (hd_read(ep, HD_EP_FLAGS) & HD_EP_LOCAL) {
        if (hd_pages_have_object(pages, special)) out->block = special;
    }
    else {
        out->parent = env_of(pages, (const VALUE *)(special & ~(VALUE)3));
    }
    return true;
}
