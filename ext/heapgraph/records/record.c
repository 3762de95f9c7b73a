/*
 * Makes nodes of lines; see record.h. What the fields of a line mean is in fields.c.
 */
#include "records/record.h"

#include "reading/scan.h"
#include "records/fields.h"
#include "records/tails.h"

static bool
finish_node(struct hg_fields *line) {
    struct hg_recorder *recorder = line->recorder;
    if (!recorder->failed && !hg_pack_node(&recorder->nodes, &line->node)) recorder->failed = true;
    return !recorder->failed;
}

static uint64_t
hash_of_class(const void *places, uint32_t number) {
    return hg_spread(((const uint32_t *)places)[number]);
}

/*
 * Notes the name that the instances of a class give it, once for each class. It serves classes that
 * have no line.
 */
static void
note_class_name(struct hg_recorder *recorder, uint32_t place, const struct hg_token *name) {
    struct hg_numbers *classes = &recorder->named_classes;
    struct hg_slots *slots = &recorder->named_slots;
    if (!hg_slots_grow(slots, classes->count, 256, hash_of_class, classes->items)) {
        recorder->failed = true;
        return;
    }
    size_t at = hg_slots_first(slots, hash_of_class(&place, 0));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        if (classes->items[slots->slot[at] - 1] == place) return;
    }
    struct hg_class_name_record *record = hg_list_add(&recorder->class_names, sizeof *record);
    hg_numbers_add(classes, place);
    if (!record || classes->failed) {
        recorder->failed = true;
        return;
    }
    *record = (struct hg_class_name_record){place, hg_intern_token(recorder, name)};
    slots->slot[at] = (uint32_t)classes->count;
}

static void
note_class(struct hg_fields *line) {
    if (line->type == HG_W_IMEMO || !hg_is_object_address(line->class))
        return; // in Ruby 3.1 the class of an IMEMO is garbage
    struct hg_recorder *recorder = line->recorder;
    uint32_t place = hg_place(&recorder->units, line->class);
    if (place == HG_NO_PLACE) {
        recorder->failed = true;
        return;
    }
    line->node.class = place;
    if (line->class_name) note_class_name(recorder, place, line->class_name);
}

/* Whether `file` and `line` say where the object was allocated (docs/format.md, "Every object"). */
static bool
tells_allocation(const struct hg_fields *line) {
    if (line->recorder->objspace) return true;
    if (line->type == HG_W_IMEMO) return false;
    if (line->type != HG_W_DATA) return true;
    switch (line->kind) {
    case HG_W_proc:
    case HG_W_binding:
    case HG_W_method:
    case HG_W_enumerator:
        return false;
    default:
        return true;
    }
}

static uint32_t
location(struct hg_fields *line) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *file_token = &line->tape->token[line->file];
    const struct hg_token *line_token = &line->tape->token[line->place_line];
    struct hg_text file = hg_token_text(recorder, file_token);
    char number[24] = "";
    size_t digits = 0;
    if (line->place_line && line_token->size < sizeof number) {
        digits = line_token->size;
        memcpy(number, line_token->text, digits);
    }
    // the scratch memory may have the file already, and grows without losing it
    if (!hg_buffer_reserve(&recorder->scratch, file.size + 1 + digits)) {
        recorder->failed = true;
        return HG_NO_STRING;
    }
    char *to = recorder->scratch.bytes;
    if (!file_token->escaped) memcpy(to, file.bytes, file.size);
    size_t size = file.size;
    if (digits) {
        to[size++] = ':';
        memcpy(to + size, number, digits);
        size += digits;
    }
    return hg_intern_text(recorder, (struct hg_text){to, size});
}

static void
note_allocation(struct hg_fields *line) {
    bool located = line->file && tells_allocation(line);
    if (!located && !line->has_generation) return;
    struct hg_recorder *recorder = line->recorder;
    struct hg_allocation_record *record = hg_list_add(&recorder->allocations, sizeof *record);
    if (!record) {
        recorder->failed = true;
        return;
    }
    *record = (struct hg_allocation_record){
        .place = line->node.place,
        .line = line->node.line,
        .location = located ? location(line) : HG_NO_STRING,
        .generation = line->has_generation && line->generation < UINT32_MAX
                          ? (uint32_t)line->generation
                          : UINT32_MAX,
    };
}

static void
note_rare(struct hg_fields *line) {
    struct hg_recorder *recorder = line->recorder;
    if (line->memsize >= UINT32_MAX) {
        struct hg_size_record *record = hg_list_add(&recorder->sizes, sizeof *record);
        if (!record) recorder->failed = true;
        else *record = (struct hg_size_record){line->node.place, line->node.line, line->memsize};
        recorder->size_count++;
    }
    if (line->has_shape && line->type == HG_W_OBJECT) {
        struct hg_shaped_record *record = hg_list_add(&recorder->shaped, sizeof *record);
        if (!record) recorder->failed = true;
        else *record = (struct hg_shaped_record){line->node.place, line->node.line, line->shape};
    }
}

/* `head` and `tail` are NULL, or what is known of the line before its fields are taken. */
static bool
take_object(struct hg_fields *line, uint64_t address, const struct hg_head *head,
            const struct hg_tail *tail) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *class_name = line->class_name;
    if (!hg_is_object_address(address)) return false;
    line->node.place = hg_place(&recorder->units, address);
    if (line->node.place == HG_NO_PLACE) {
        recorder->failed = true;
        return false;
    }
    if (line->type >= HG_W_OBJECT && line->type <= HG_W_NODE) {
        line->node.type = (uint8_t)(line->type - HG_W_OBJECT + HG_T_OBJECT);
    }
    else {
        line->node.type = HG_T_UNKNOWN;
        recorder->unknown_types++;
    }
    hg_take_fields(line);
    if (tail && tail->text) {
        line->memsize = tail->memsize;
        line->node.flags |= tail->flags;
    }
    if (head && line->class == head->class && line->class_name == class_name)
        line->node.class = head->place;
    else note_class(line);
    bool is_module = line->type == HG_W_CLASS || line->type == HG_W_MODULE;
    uint32_t label = is_module ? line->name : line->kind_text;
    if (label) line->node.label = hg_intern_token(recorder, &line->tape->token[label]);
    if (line->kind == HG_W_callcache || line->kind == HG_W_callinfo ||
        line->kind == HG_W_constcache)
        line->node.flags |= HG_N_VM_CACHE;
    line->node.memsize = line->memsize < UINT32_MAX ? (uint32_t)line->memsize : UINT32_MAX;
    note_allocation(line);
    note_rare(line);
    recorder->object_lines++;
    if (line->node.flags & HG_N_ERROR) recorder->error_lines++;
    return finish_node(line);
}

static bool
take_root(struct hg_fields *line) {
    const struct hg_token *root = hg_tape_field(line->tape, 0, "root");
    line->node.type = HG_T_ROOT;
    if (root && hg_token_is_text(root)) {
        line->node.label = hg_intern_token(line->recorder, root);
        if (hg_token_word(root) == HG_W_machine_context) line->node.flags |= HG_N_CONSERVATIVE;
    }
    hg_take_fields(line);
    hg_numbers_add(&line->recorder->root_lines, line->node.line);
    if (line->recorder->root_lines.failed) line->recorder->failed = true;
    return finish_node(line);
}

/*
 * Reads a promise of the FOOTER. Returns false if there is no such field. A field that is no number
 * is a promise that no dump can keep.
 */
static bool
promised(const struct hg_tape *tape, const char *name, uint64_t *number) {
    const struct hg_token *token = hg_tape_field(tape, 0, name);
    *number = UINT64_MAX;
    if (token) hg_token_number(token, number);
    return token != NULL;
}

static void
take_footer(struct hg_fields *line) {
    struct hg_promise *promise = &line->recorder->promise;
    const struct hg_token *complete = hg_tape_field(line->tape, 0, "complete");
    promise->has_objects = promised(line->tape, "objects", &promise->objects);
    promise->has_lines = promised(line->tape, "lines", &promise->lines);
    promise->has_roots = promised(line->tape, "roots", &promise->roots);
    promise->has_bytes = promised(line->tape, "bytes", &promise->bytes);
    promise->has_gc_runs = promised(line->tape, "gc_runs", &promise->gc_runs);
    promise->complete = complete && complete->kind == HG_TOKEN_TRUE;
}

static void
take_shape(struct hg_fields *line) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *id = hg_tape_field(line->tape, 0, "id");
    const struct hg_token *parent = hg_tape_field(line->tape, 0, "parent_id");
    const struct hg_token *name = hg_tape_field(line->tape, 0, "edge_name");
    const struct hg_token *type = hg_tape_field(line->tape, 0, "shape_type");
    struct hg_shape_record shape = {.parent = UINT64_MAX, .name = HG_NO_STRING};
    if (!id || id->kind != HG_TOKEN_NUMBER) return;
    hg_token_number(id, &shape.id);
    if (parent) hg_token_number(parent, &shape.parent);
    enum hg_word word = type && hg_token_is_text(type) ? hg_token_word(type) : HG_W_UNKNOWN;
    if (name && hg_token_is_text(name) && word == HG_W_IVAR)
        shape.name = hg_intern_token(recorder, name);
    shape.complex = word == HG_W_OBJ_TOO_COMPLEX;
    struct hg_shape_record *record = hg_list_add(&recorder->shapes, sizeof *record);
    if (!record) recorder->failed = true;
    else *record = shape;
}

/*
 * Finds type and address. If these come first, it returns the first field behind them, or else the
 * first field of the line.
 */
static uint32_t
identify(const struct hg_tape *tape, const struct hg_token **type,
         const struct hg_token **address) {
    const struct hg_token *token = tape->token;
    *type = *address = NULL;
    if (token[0].size >= 5 && hg_token_word(&token[1]) == HG_W_address &&
        hg_token_word(&token[3]) == HG_W_type) {
        *address = &token[2];
        *type = &token[4];
        return 5;
    }
    for (uint32_t i = 1; i < token[0].size; i = hg_tape_behind(tape, i + 1)) {
        enum hg_word word = hg_token_word(&token[i]);
        if (word == HG_W_address && !*address) *address = &token[i + 1];
        if (word == HG_W_type && !*type) *type = &token[i + 1];
    }
    return 1;
}

/*
 * Sets every field. To clear the whole struct at once would take longer than all of these do: the
 * processor begins slowly to clear a block of that size.
 */
static inline void
begin_line(struct hg_fields *line, struct hg_recorder *recorder, const struct hg_tape *tape,
           uint32_t at, struct hg_named_reference *named) {
    line->recorder = recorder;
    line->tape = tape;
    line->first = 1;
    line->type = line->kind = HG_W_UNKNOWN;
    line->node.place = line->node.class = HG_NO_PLACE;
    line->node.memsize = 0;
    line->node.line = at;
    line->node.label = HG_NO_STRING;
    line->node.edges = 0;
    line->node.type = line->node.flags = 0;
    line->class = line->memsize = line->generation = line->shape = 0;
    line->name = line->kind_text = line->file = line->place_line = 0;
    line->class_name = NULL;
    line->has_shape = line->has_generation = false;
    line->named_count = 0;
    line->named = named;
}

/* Takes a line that is parsed from its beginning on, and keeps its head for other lines. */
static bool
take_whole_object(struct hg_fields *line, const struct hg_token *address_token) {
    uint64_t address;
    if (!address_token || !hg_token_refers(address_token, &address)) return false;
    if (!take_object(line, address, NULL, NULL)) return false;
    if (line->node.class != HG_NO_PLACE)
        hg_keep_head(&line->recorder->heads, line->tape, line->type, line->class, line->node.class);
    return true;
}

enum hg_line_kind
hg_record_line(struct hg_recorder *recorder, const struct hg_tape *tape, uint32_t at) {
    const struct hg_token *address, *type;
    if (recorder->failed) return HG_LINE_BAD;
    uint32_t first_field = identify(tape, &type, &address);
    if (!type || !hg_token_is_text(type)) return HG_LINE_BAD;

    struct hg_named_reference named[HG_NAMED_MOST];
    struct hg_fields line;
    begin_line(&line, recorder, tape, at, named);
    line.first = first_field;
    line.type = hg_token_word(type);
    switch (line.type) {
    case HG_W_HEADER:
        return HG_LINE_HEADER;
    case HG_W_FOOTER:
        take_footer(&line);
        return HG_LINE_FOOTER;
    case HG_W_ROOT:
        return take_root(&line) ? HG_LINE_ROOT : HG_LINE_BAD;
    case HG_W_SHAPE:
        take_shape(&line);
        return HG_LINE_OTHER;
    case HG_W_NONE:   // empty slots, which dump_all writes with full: true
    case HG_W_ZOMBIE: // slots that wait for their finalizer
        return HG_LINE_OTHER;
    default:
        return take_whole_object(&line, address) ? HG_LINE_OBJECT : HG_LINE_BAD;
    }
}

/*
 * Takes in the line of an object whose head is known: the tape has only the fields between it and
 * the tail. They begin at `rest` in the text.
 */
static enum hg_line_kind
record_headed(struct hg_recorder *recorder, const struct hg_tape *tape, uint32_t at,
              uint64_t address, const struct hg_head *head, const char *rest,
              const struct hg_tail *tail) {
    if (recorder->failed) return HG_LINE_BAD;
    struct hg_named_reference named[HG_NAMED_MOST];
    struct hg_fields line;
    begin_line(&line, recorder, tape, at, named);
    struct hg_token name = {rest - 1 - head->name, head->name, HG_TOKEN_STRING, false};
    line.type = (enum hg_word)head->type;
    line.class = head->class;
    line.class_name = &name;
    return take_object(&line, address, head, tail) ? HG_LINE_OBJECT : HG_LINE_BAD;
}

enum hg_line_kind
hg_record_text(struct hg_recorder *recorder, struct hg_line_parser *parser, const char *text,
               size_t size, uint32_t at, size_t *bad) {
    const char *rest;
    uint64_t address;
    const struct hg_head *head = NULL;
    *bad = 0;
    if (size <= HG_LINE_MOST) head = hg_find_head(&recorder->heads, text, size, &address, &rest);
    if (head) {
        struct hg_tail tail = hg_find_tail(rest, text + size);
        if (hg_scan_rest(&parser->tape, rest, tail.text))
            return record_headed(recorder, &parser->tape, at, address, head, rest, &tail);
    }
    if (hg_parse_line(parser, text, size)) return hg_record_line(recorder, &parser->tape, at);
    *bad = parser->bad_at;
    return HG_LINE_BAD;
}
