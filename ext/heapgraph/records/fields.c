/*
 * Makes edges and facts of fields, by the meaning that docs/format.md gives them, and
 * ObjectSpace.dump_all where it differs; see fields.h.
 */
#include "records/fields.h"

#include <stdlib.h>

/* -- texts -- */

static const struct hg_text nothing = {"", 0};

struct hg_text
hg_token_text(struct hg_recorder *recorder, const struct hg_token *token) {
    if (!token->escaped) return (struct hg_text){token->text, token->size};
    if (!hg_buffer_reserve(&recorder->scratch, token->size)) {
        recorder->failed = true;
        return (struct hg_text){"\0\0\0\0\0\0\0\0", 0};
    }
    char *to = recorder->scratch.bytes;
    return (struct hg_text){to, hg_unescape(to, token->text, token->size)};
}

uint32_t
hg_intern_text(struct hg_recorder *recorder, struct hg_text text) {
    uint32_t string = hg_intern(&recorder->strings, text.bytes, text.size);
    if (string == HG_NO_STRING) recorder->failed = true;
    return string;
}

uint32_t
hg_intern_token(struct hg_recorder *recorder, const struct hg_token *token) {
    return hg_intern_text(recorder, hg_token_text(recorder, token));
}

/* -- edges -- */

static void
add_edge(struct hg_fields *line, uint64_t address, uint32_t name) {
    struct hg_recorder *recorder = line->recorder;
    if (!hg_is_object_address(address)) {
        recorder->bad_references++;
        return;
    }
    uint32_t place = hg_place(&recorder->units, address);
    struct hg_edge_record *edge = hg_list_add(&recorder->edges, sizeof *edge);
    if (place == HG_NO_PLACE || !edge) {
        recorder->failed = true;
        return;
    }
    *edge = (struct hg_edge_record){place, name};
    line->node.edges++;
}

/* Adds an edge for every reference in a value, however deep it is nested. */
static void
add_all(struct hg_fields *line, uint32_t i, uint32_t name) {
    uint32_t behind = hg_tape_behind(line->tape, i);
    uint64_t address;
    for (; i < behind; i++) {
        if (hg_token_refers(&line->tape->token[i], &address)) add_edge(line, address, name);
    }
}

/* A field that is not known, or that can only be a reference or several of them. */
static void
add_field(struct hg_fields *line, uint32_t key) {
    const struct hg_token *value = &line->tape->token[key + 1];
    uint64_t address;
    bool container = value->kind == HG_TOKEN_MAP || value->kind == HG_TOKEN_LIST;
    if (!container && !hg_token_refers(value, &address)) return;
    uint32_t name = hg_intern_token(line->recorder, &line->tape->token[key]);
    add_all(line, key + 1, hg_edge_name(HG_E_FIELD, name));
}

/* A map of names to values. */
static void
add_map(struct hg_fields *line, uint32_t key, enum hg_edge_kind kind) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) return; // dump_all has numbers of that name
    uint64_t address;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        if (!hg_token_refers(&tape->token[i + 1], &address)) continue;
        add_edge(line, address,
                 hg_edge_name(kind, hg_intern_token(line->recorder, &tape->token[i])));
    }
}

/* The name of an edge of kind HG_E_FIELD: `what`, then the text of a token. */
static uint32_t
told_name(struct hg_recorder *recorder, struct hg_text what, const struct hg_token *token) {
    struct hg_text text = hg_token_text(recorder, token);
    char *bytes = malloc(what.size + text.size + HG_PAD);
    if (!bytes) {
        recorder->failed = true;
        return hg_edge_name(HG_E_FIELD, HG_PAYLOAD_NONE);
    }
    memcpy(bytes, what.bytes, what.size);
    memcpy(bytes + what.size, text.bytes, text.size);
    memset(bytes + what.size + text.size, 0, HG_PAD);
    uint32_t string = hg_intern_text(recorder, (struct hg_text){bytes, what.size + text.size});
    free(bytes);
    return hg_edge_name(HG_E_FIELD, string);
}

/* A map, or a list of pairs, of texts to values. Each edge is named by `what` and its text. */
static void
add_told(struct hg_fields *line, uint32_t key, const char *what) {
    const struct hg_tape *tape = line->tape;
    struct hg_text told = {what, strlen(what)};
    uint64_t address;
    bool pairs = tape->token[key + 1].kind == HG_TOKEN_LIST;
    if (!pairs && tape->token[key + 1].kind != HG_TOKEN_MAP) return;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size;) {
        uint32_t text = pairs ? i + 1 : i, value = text + 1, behind = tape->token[key + 1].size;
        if (pairs && (tape->token[i].kind != HG_TOKEN_LIST || value >= tape->token[i].size)) {
            i = hg_tape_behind(tape, i);
            continue;
        }
        if (value < behind && (!pairs || hg_token_is_text(&tape->token[text])) &&
            hg_token_refers(&tape->token[value], &address))
            add_edge(line, address, told_name(line->recorder, told, &tape->token[text]));
        i = hg_tape_behind(tape, pairs ? i : value);
    }
}

static void
add_elements(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    uint64_t address;
    uint32_t index = 0;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        if (hg_token_refers(&tape->token[i], &address))
            add_edge(line, address, hg_edge_name(HG_E_INDEX, index));
        index++;
    }
}

/* The name of the edge to a value in a hash whose key is written in the dump itself. */
static uint32_t
name_by_key(struct hg_recorder *recorder, const struct hg_token *key) {
    static const char *const words[] = {[HG_TOKEN_TRUE] = "true\0\0\0\0",
                                        [HG_TOKEN_FALSE] = "false\0\0\0",
                                        [HG_TOKEN_NULL] = "nil\0\0\0\0\0"};
    uint64_t number;
    switch (key->kind) {
    case HG_TOKEN_NUMBER:
        if (hg_read_natural(key->text, key->size, &number) && number < HG_PAYLOAD_NONE)
            return hg_edge_name(HG_E_VALUE_INT, (uint32_t)number);
        return hg_edge_name(HG_E_VALUE,
                            hg_intern_text(recorder, (struct hg_text){key->text, key->size}));
    case HG_TOKEN_STRING:
        return hg_edge_name(HG_E_VALUE, hg_intern_token(recorder, key));
    case HG_TOKEN_TRUE:
    case HG_TOKEN_FALSE:
    case HG_TOKEN_NULL: {
        const char *word = words[key->kind];
        return hg_edge_name(HG_E_VALUE,
                            hg_intern_text(recorder, (struct hg_text){word, strlen(word)}));
    }
    default:
        return hg_edge_name(HG_E_VALUE, HG_PAYLOAD_NONE);
    }
}

static void
add_entries(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    uint32_t position = 0;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        uint64_t of_key, of_value;
        uint32_t k = i + 1, at = position++;
        if (tape->token[i].kind != HG_TOKEN_LIST || k >= tape->token[i].size) continue;
        uint32_t v = hg_tape_behind(tape, k);
        bool key_refers = hg_token_refers(&tape->token[k], &of_key) && hg_is_object_address(of_key);
        if (key_refers) add_edge(line, of_key, hg_edge_name(HG_E_KEY, at));
        if (v >= tape->token[i].size || !hg_token_refers(&tape->token[v], &of_value)) continue;
        add_edge(line, of_value,
                 key_refers ? hg_edge_name(HG_E_VALUE_AT, 0)
                            : name_by_key(line->recorder, &tape->token[k]));
    }
}

static void
add_weak(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) {
        add_all(line, key + 1, hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE));
        return;
    }
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        uint32_t name = hg_intern_token(line->recorder, &tape->token[i]);
        add_all(line, i + 1, hg_edge_name(HG_E_WEAK, name));
    }
}

/* The name of the edge to `what` of a frame: "label file:line\x1fwhat". */
static uint32_t
frame_name(struct hg_recorder *recorder, struct hg_text place, struct hg_text what) {
    size_t size = place.size + 1 + what.size;
    char *bytes = malloc(size + HG_PAD);
    if (!bytes) {
        recorder->failed = true;
        return HG_NO_STRING;
    }
    memcpy(bytes, place.bytes, place.size);
    bytes[place.size] = '\x1f';
    memcpy(bytes + place.size + 1, what.bytes, what.size);
    memset(bytes + size, 0, HG_PAD);
    uint32_t string = hg_intern_text(recorder, (struct hg_text){bytes, size});
    free(bytes);
    return string;
}

/* Returns "label file:line" of a frame, malloc'ed. A C function has only its name. */
static struct hg_text
frame_place(struct hg_fields *line, uint32_t frame) {
    static const char *const names[] = {"label", "method", "file", "line"};
    enum { LABEL, METHOD, FILE_NAME, LINE, COUNT };
    const struct hg_token *token[COUNT];
    size_t size = 16;
    for (int i = 0; i < COUNT; i++) {
        token[i] = hg_tape_field(line->tape, frame, names[i]);
        if (token[i] && !token[i]->text) token[i] = NULL; // null
        if (token[i]) size += token[i]->size;
    }
    char *bytes = malloc(size);
    if (!bytes) {
        line->recorder->failed = true;
        return nothing;
    }
    size_t n = 0;
    const struct hg_token *label = token[LABEL] ? token[LABEL] : token[METHOD];
    struct hg_text text = label ? hg_token_text(line->recorder, label) : (struct hg_text){"?", 1};
    memcpy(bytes, text.bytes, text.size);
    n = text.size;
    if (token[FILE_NAME]) {
        text = hg_token_text(line->recorder, token[FILE_NAME]);
        bytes[n++] = ' ';
        memcpy(bytes + n, text.bytes, text.size);
        n += text.size;
        if (token[LINE]) {
            bytes[n++] = ':';
            memcpy(bytes + n, token[LINE]->text, token[LINE]->size);
            n += token[LINE]->size;
        }
    }
    return (struct hg_text){bytes, n};
}

static void
add_frame(struct hg_fields *line, uint32_t frame) {
    const struct hg_tape *tape = line->tape;
    struct hg_recorder *recorder = line->recorder;
    struct hg_text place = frame_place(line, frame);
    uint64_t address;
    for (uint32_t i = frame + 1; i < tape->token[frame].size; i = hg_tape_behind(tape, i + 1)) {
        const struct hg_token *value = &tape->token[i + 1];
        enum hg_word word = hg_token_word(&tape->token[i]);
        if (word == HG_W_label || word == HG_W_file || word == HG_W_method) continue;
        if (word == HG_W_locals && value->kind == HG_TOKEN_MAP) {
            for (uint32_t k = i + 2; k < value->size; k = hg_tape_behind(tape, k + 1)) {
                if (!hg_token_refers(&tape->token[k + 1], &address)) continue;
                struct hg_text name = hg_token_text(recorder, &tape->token[k]);
                add_edge(line, address,
                         hg_edge_name(HG_E_FRAME_LOCAL, frame_name(recorder, place, name)));
            }
        }
        else if (hg_token_refers(value, &address)) {
            struct hg_text name = hg_token_text(recorder, &tape->token[i]);
            add_edge(line, address, hg_edge_name(HG_E_FRAME, frame_name(recorder, place, name)));
        }
    }
    if (place.bytes != nothing.bytes) free((char *)place.bytes);
}

static void
add_frames(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        if (tape->token[i].kind == HG_TOKEN_MAP) add_frame(line, i);
    }
}

/*
 * The flat list of references. In a dump of dump_all it repeats those that a field has named: their
 * edges get that name.
 */
static void
add_references(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    uint32_t behind = hg_tape_behind(tape, key + 1);
    uint64_t address;
    for (uint32_t i = key + 1; i < behind; i++) {
        if (!hg_token_refers(&tape->token[i], &address)) continue;
        uint32_t name = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE);
        for (int n = 0; n < line->named_count; n++) {
            if (line->named[n].address != address) continue;
            name = line->named[n].name;
            line->named[n] = line->named[--line->named_count];
        }
        add_edge(line, address, name);
    }
}

/* A field of dump_all whose reference is in `references` as well. */
static void
note_named(struct hg_fields *line, uint32_t key) {
    uint64_t address;
    int n = line->named_count;
    if (!hg_token_refers(&line->tape->token[key + 1], &address)) return;
    if (n == HG_NAMED_MOST) return;
    line->named[n].address = address;
    line->named[n].name = hg_edge_name(HG_E_FIELD,
                                       hg_intern_token(line->recorder, &line->tape->token[key]));
    line->named_count++;
}

/* -- fields -- */

static void
set_flag(struct hg_fields *line, const struct hg_token *value, enum hg_node_flag flag) {
    if (value->kind != HG_TOKEN_FALSE && value->kind != HG_TOKEN_NULL)
        line->node.flags |= (uint8_t)flag;
}

static void
take_flags(struct hg_fields *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) return;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        if (hg_token_word(&tape->token[i]) == HG_W_old)
            set_flag(line, &tape->token[i + 1], HG_N_OLD);
    }
}

static void
take_field(struct hg_fields *line, uint32_t key) {
    const struct hg_token *value = &line->tape->token[key + 1];
    switch (hg_token_word(&line->tape->token[key])) {
    case HG_W_class:
        hg_token_refers(value, &line->class);
        break;
    case HG_W_class_name:
        if (hg_token_is_text(value)) line->class_name = value;
        break;
    case HG_W_name:
        if (hg_token_is_text(value)) line->name = key + 1;
        break;
    case HG_W_struct:
    case HG_W_imemo_type:
        if (!hg_token_is_text(value)) break;
        line->kind_text = key + 1;
        line->kind = hg_token_word(value);
        break;
    case HG_W_memsize:
        hg_token_number(value, &line->memsize);
        break;
    case HG_W_generation:
        line->has_generation = value->kind == HG_TOKEN_NUMBER;
        hg_token_number(value, &line->generation);
        break;
    case HG_W_file:
        if (hg_token_is_text(value)) line->file = key + 1;
        break;
    case HG_W_line:
        if (value->kind == HG_TOKEN_NUMBER) line->place_line = key + 1;
        break;
    case HG_W_shape_id:
        line->has_shape = value->kind == HG_TOKEN_NUMBER;
        hg_token_number(value, &line->shape);
        break;

    case HG_W_ivars:
        add_map(line, key, HG_E_IVAR);
        break;
    case HG_W_members:
        add_map(line, key, HG_E_MEMBER);
        break;
    case HG_W_constants:
        add_map(line, key, HG_E_CONSTANT);
        break;
    case HG_W_class_variables:
        add_map(line, key, HG_E_CVAR);
        break;
    case HG_W_methods:
        add_map(line, key, HG_E_METHOD);
        break;
    case HG_W_variables:
        add_map(line, key, HG_E_GLOBAL);
        break;
    case HG_W_locals:
        add_map(line, key, HG_E_CAPTURED);
        break;
    case HG_W_fiber_locals:
        add_map(line, key, HG_E_FIBER_LOCAL);
        break;
    case HG_W_elements:
        add_elements(line, key);
        break;
    case HG_W_trap_handlers:
        add_told(line, key, "handler of ");
        break;
    case HG_W_addresses:
        add_told(line, key, "variable of C: ");
        break;
    case HG_W_ractor_locals:
        add_told(line, key, "ractor-local :");
        break;
    case HG_W_entries:
        add_entries(line, key);
        break;
    case HG_W_frames:
        add_frames(line, key);
        break;
    case HG_W_weak:
        add_weak(line, key);
        break;
    case HG_W_references:
        add_references(line, key);
        break;

    case HG_W_superclass:
    case HG_W_default:
        if (line->recorder->objspace) note_named(line, key);
        else add_field(line, key);
        break;
    case HG_W_receiver_class: // of a call cache; dump_all writes it though MRI does not mark it
        if (!line->recorder->objspace) add_field(line, key);
        else
            add_all(
                line, key + 1,
                hg_edge_name(HG_E_WEAK, hg_intern_token(line->recorder, &line->tape->token[key])));
        break;
    case HG_W_value:
        if (line->type == HG_W_IMEMO) add_field(line, key); // of a constant cache; else text
        break;

    case HG_W_frozen:
        set_flag(line, value, HG_N_FROZEN);
        break;
    case HG_W_old:
        set_flag(line, value, HG_N_OLD);
        break;
    case HG_W_shared:
        set_flag(line, value, HG_N_SHARED);
        break;
    case HG_W_singleton:
        set_flag(line, value, HG_N_SINGLETON);
        break;
    case HG_W_error:
        set_flag(line, value, HG_N_ERROR);
        break;
    case HG_W_finalizer:
        set_flag(line, value, HG_N_FINALIZER);
        break;
    case HG_W_flags:
        take_flags(line, key);
        break;

    // texts that may look like an address, and fields that have been read already
    case HG_W_address:
    case HG_W_type:
    case HG_W_root:
    case HG_W_value_base64:
    case HG_W_value_hash:
    case HG_W_real_class_name:
    case HG_W_encoding:
    case HG_W_thread_name:
    case HG_W_status:
    case HG_W_path:
    case HG_W_label:
    case HG_W_method:
    case HG_W_original_method:
    case HG_W_attribute:
    case HG_W_definition:
    case HG_W_visibility:
    case HG_W_iseq_type:
    case HG_W_autoload:
    case HG_W_constant_locations:
    case HG_W_mid:
    case HG_W_called_id:
    case HG_W_coderange:
        break;

    default:
        add_field(line, key);
    }
}

void
hg_take_fields(struct hg_fields *line) {
    const struct hg_tape *tape = line->tape;
    for (uint32_t i = line->first; i < tape->token[0].size; i = hg_tape_behind(tape, i + 1))
        take_field(line, i);
}
