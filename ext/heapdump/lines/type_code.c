/*
 * Writer of iseqs, which are code. MRI reports what an iseq holds. Here each of these references gets
 * the name of the place where it is found: the instructions first, then the iseq's own fields. What
 * kind of cache an imemo is shows in the imemo itself.
 */
#include "lines/writers.h"

#include <stdlib.h>

#include "base/list.h"
#include "lines/value.h"

struct found {
    VALUE ref;
    unsigned position;
    enum { LITERAL, CODE, CALL_CACHE, KINDS } kind;
};

struct operand_walk {
    struct hd_dump *dump;
    struct found *list; /* owned; what does not fit into memory has no name */
    size_t size, capacity;
    size_t count[KINDS];
};

static bool
is_code(VALUE ref) {
    return RB_BUILTIN_TYPE(ref) == RUBY_T_IMEMO && hd_mri_imemo(ref) == HD_IMEMO_ISEQ;
}

static void
note(struct operand_walk *walk, VALUE ref, unsigned position, int kind) {
    struct found *list = hd_list_room(walk->list, walk->size, &walk->capacity, sizeof *list);
    if (!list) return;
    walk->list = list;
    if (!hd_refs_take_left(&walk->dump->refs, ref)) return;
    walk->list[walk->size++] = (struct found){ref, position, kind};
    walk->count[kind]++;
}

static void
operand_i(const struct hd_operand *operand, void *data) {
    struct operand_walk *walk = data;
    VALUE object = operand->object;
    if (object) note(walk, object, operand->position, is_code(object) ? CODE : LITERAL);
    if (operand->call_cache) note(walk, operand->call_cache, operand->position, CALL_CACHE);
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
child_i(VALUE ref, void *data) {
    struct child_walk *walk = data;
    struct hd_dump *dump = walk->dump;
    if (!hd_mri_is_code_within(ref, walk->parent)) return;
    if (!walk->open) HD_PUT(&dump->out, ",\"children\":[");
    walk->open = true;
    hd_put_value(dump, ref, ',');
}

/*
 * The code that is written in this one. Blocks, methods and bodies of classes are operands; rescue
 * and ensure clauses, which are none, have this code as their parent.
 */
static void
write_children(const struct operand_walk *found, VALUE iseq) {
    struct child_walk walk = {found->dump, iseq, found->count[CODE] > 0};
    if (walk.open) HD_PUT(&walk.dump->out, ",\"children\":[");
    put_found(found, CODE);
    hd_refs_each_left(&walk.dump->refs, child_i, &walk);
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

/* The strings of which `label` and `file` are the text, and the object that holds the path. */
static void
write_texts(struct hd_dump *dump, const struct hd_code *code) {
    const VALUE texts[] = {code->label, code->base_label, code->place};
    struct hd_sink *out = &dump->out;
    bool open = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
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
 * nothing but in caches of its instructions, or because the machine code that a JIT compiler has made
 * of it depends on them.
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
    if (hd_can(HD_CAN_OPERANDS)) hd_mri_each_operand(&dump->pages, obj, operand_i, &walk);
    write_children(&walk, obj);
    write_texts(dump, &code);
    write_literals(&walk);
    write_call_caches(&walk, obj);
    free(walk.list);
    if (hd_can(HD_CAN_OPERANDS)) write_caches(dump);
}
