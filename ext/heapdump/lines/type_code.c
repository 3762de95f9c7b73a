/*
 * Writer of iseqs, which are code. MRI reports what an iseq holds. Here each of these references
 * gets the name of the place where it is found: the instructions first, then the iseq's own fields.
 * What kind of cache an imemo is shows in the imemo itself.
 */
#include "lines/writers.h"

#include <stdlib.h>

#include "base/list.h"
#include "lines/value.h"

struct found {
    VALUE ref;
    unsigned position;
    enum { LITERAL, CODE, CALL_CACHE, KINDS } kind; /* KINDS: none of them */
};

struct operand_walk {
    struct hd_dump *dump;
    struct found *list; /* owned; what does not fit into memory has no name */
    size_t size, capacity;
    size_t count[KINDS];
    size_t later; /* how many references are to get other names after this walk */
};

static bool
is_code(VALUE ref) {
    return RB_BUILTIN_TYPE(ref) == RUBY_T_IMEMO && hd_mri_imemo(ref) == HD_IMEMO_ISEQ;
}

/*
 * Literals and code are taken at once, since MRI reports them in this order. Call caches come later
 * in its order, and are taken then; MRI may not have reported them at all. The walk is over when
 * nothing is left.
 */
static bool
operand_i(const struct hd_operand *operand, void *data) {
    struct operand_walk *walk = data;
    struct hd_refs *refs = &walk->dump->refs;
    struct found *list = hd_list_room(walk->list, walk->size, &walk->capacity, sizeof *list);
    if (!list) return false;
    walk->list = list;
    struct found found = {operand->call_cache, operand->position, CALL_CACHE};
    if (operand->object) {
        if (!hd_refs_take_left(refs, operand->object)) return true;
        found.ref = operand->object;
        found.kind = is_code(found.ref) ? CODE : LITERAL;
    }
    walk->list[walk->size++] = found;
    walk->count[found.kind]++;
    return refs->taken + walk->later < refs->size;
}

static void
find_operands(struct operand_walk *walk, VALUE iseq) {
    struct hd_refs *refs = &walk->dump->refs;
    if (!hd_can(HD_CAN_OPERANDS) || refs->taken + walk->later == refs->size) return;
    hd_mri_each_operand(&walk->dump->pages, iseq, operand_i, walk);
    walk->count[CALL_CACHE] = 0;
    for (size_t i = 0; i < walk->size; i++) {
        struct found *found = &walk->list[i];
        if (found->kind != CALL_CACHE) continue;
        if (hd_refs_take_left(refs, found->ref)) walk->count[CALL_CACHE]++;
        else found->kind = KINDS; // MRI has not reported it
    }
}

/* Puts what was found of this kind, each with a comma behind it. */
static void
put_found(const struct operand_walk *walk, int kind) {
    struct hd_sink *out = &walk->dump->out;
    for (size_t i = 0; i < walk->size; i++) {
        if ((int)walk->list[i].kind != kind) continue;
        hd_put_address(out, walk->list[i].ref);
        hd_put_char(out, ',');
    }
}

struct child_walk {
    struct hd_dump *dump;
    VALUE parent;
    bool open;
};

static void
open_children(struct child_walk *walk) {
    if (!walk->open) HD_PUT(&walk->dump->out, ",\"children\":[");
    walk->open = true;
}

static void
child_i(VALUE ref, void *data) {
    struct child_walk *walk = data;
    if (!hd_mri_is_code_within(ref, walk->parent)) return;
    open_children(walk);
    hd_put_value(walk->dump, ref, ',');
}

/*
 * The code that is written in this one, and the search for the operands. Blocks, bodies of classes
 * and rescue clauses have this code as their parent; methods are operands and have no parent.
 */
static void
write_children(struct operand_walk *found, VALUE iseq) {
    struct child_walk walk = {found->dump, iseq, false};
    hd_refs_each_left(&walk.dump->refs, child_i, &walk);
    find_operands(found, iseq);
    if (found->count[CODE] > 0) open_children(&walk);
    put_found(found, CODE);
    if (walk.open) hd_json_close(&walk.dump->out, ']');
}

static void
write_literals(const struct operand_walk *walk) {
    struct hd_sink *out = &walk->dump->out;
    if (walk->count[LITERAL] == 0) return;
    HD_PUT(out, ",\"literals\":[");
    put_found(walk, LITERAL);
    hd_json_close(out, ']');
}

/* In front of the call caches of a line stands the number of that line. */
static void
write_call_caches(const struct operand_walk *walk, VALUE iseq) {
    struct hd_sink *out = &walk->dump->out;
    int line = 0;
    if (walk->count[CALL_CACHE] == 0) return;
    HD_PUT(out, ",\"call_caches\":[");
    for (size_t i = 0; i < walk->size; i++) {
        if (walk->list[i].kind != CALL_CACHE) continue;
        int next = hd_mri_line_at(iseq, walk->list[i].position);
        if (next != line) {
            hd_put_i64(out, next);
            hd_put_char(out, ',');
        }
        line = next;
        hd_put_address(out, walk->list[i].ref);
        hd_put_char(out, ',');
    }
    hd_json_close(out, ']');
}

enum { TEXTS = 3 };

/* The strings of which `label` and `file` are the text, and the object that holds the path. */
static void
write_texts(struct hd_dump *dump, const VALUE texts[TEXTS]) {
    struct hd_sink *out = &dump->out;
    bool open = false;
    for (size_t i = 0; i < TEXTS; i++) {
        if (!texts[i] || !hd_refs_take_left(&dump->refs, texts[i])) continue;
        if (!open) HD_PUT(out, ",\"texts\":[");
        open = true;
        hd_put_address(out, texts[i]);
        hd_put_char(out, ',');
    }
    if (open) hd_json_close(out, ']');
}

static bool
is_module(VALUE ref, VALUE unused) {
    (void)unused;
    int type = RB_BUILTIN_TYPE(ref);
    return type == RUBY_T_CLASS || type == RUBY_T_MODULE || type == RUBY_T_ICLASS;
}

/*
 * What is left when literals and texts have their names, by its kind. Of these kinds an iseq holds
 * nothing but in caches of its instructions, or because the machine code that a JIT compiler has
 * made of it depends on them.
 */
static void
write_caches(struct hd_dump *dump) {
    hd_write_imemos_left(dump, HD_FIELD("call_infos"), HD_IMEMO_CALLINFO);
    hd_write_imemos_left(dump, HD_FIELD("constant_caches"), HD_IMEMO_CONSTCACHE);
    hd_write_imemos_left(dump, HD_FIELD("cached_methods"), HD_IMEMO_MENT);
    hd_write_all_left(dump, HD_FIELD("cached_classes"), is_module, 0);
}

void
hd_write_iseq(struct hd_dump *dump, VALUE obj) {
    struct hd_code code;
    if (!hd_can(HD_CAN_ISEQ) || !hd_mri_code(&dump->pages, obj, &code)) return;
    hd_write_place(dump, &code);
    HD_PUT(&dump->out, ",\"line\":");
    hd_put_i64(&dump->out, code.line);
    hd_write_word(dump, HD_FIELD("iseq_type"), code.type);
    hd_write_ref(dump, HD_FIELD("parent"), code.parent);
    if (code.local != obj && code.local != code.parent)
        hd_write_ref(dump, HD_FIELD("local_iseq"), code.local);
    else hd_write_left(dump, HD_FIELD("local_iseq"), code.local);
    struct operand_walk walk = {.dump = dump};
    const VALUE texts[TEXTS] = {code.label, code.base_label, code.place};
    for (size_t i = 0; i < TEXTS; i++) walk.later += texts[i] != 0;
    write_children(&walk, obj);
    write_texts(dump, texts);
    write_literals(&walk);
    write_call_caches(&walk, obj);
    free(walk.list);
    if (hd_can(HD_CAN_OPERANDS)) write_caches(dump);
}
