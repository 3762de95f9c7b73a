/*
 * Lines to nodes and edges: the meaning of docs/format.md, and of ObjectSpace.dump_all where it
 * differs; see record.h.
 */
#include "record.h"

#include "bytes.h"
#include "words.h"

#include <stdlib.h>

/* One line while it is taken in. */
struct line {
    struct hg_recorder *recorder;
    const struct hg_tape *tape;
    uint32_t first_field; // of those that have not been read: address and type mostly come first
    enum hg_word type;
    enum hg_word kind; // struct or imemo_type
    struct hg_node_record node;
    uint64_t class, memsize, generation, shape;
    uint32_t name, class_name, kind_text, file, place_line; // tokens, 0 if absent
    bool has_shape, has_generation;

    // ObjectSpace.dump_all: references that have a name, and stand in `references` again
    int named_count;
    struct named *named; // NAMED_MOST
};

struct named {
    uint64_t address;
    uint32_t name;
};

enum { NAMED_MOST = 4 };

/* -- texts -- */

struct text {
    const char *bytes;
    size_t size;
};

static const struct text nothing = {"", 0};

/* The text of a token, without escapes; in scratch memory if it had any. */
static struct text
text_of(struct hg_recorder *recorder, const struct hg_token *token) {
    if (!token->escaped) return (struct text){token->text, token->size};
    if (!hg_buffer_reserve(&recorder->scratch, token->size)) {
        recorder->failed = true;
        return (struct text){"\0\0\0\0\0\0\0\0", 0};
    }
    char *to = recorder->scratch.bytes;
    return (struct text){to, hg_unescape(to, token->text, token->size)};
}

static uint32_t
intern(struct hg_recorder *recorder, struct text text) {
    uint32_t string = hg_intern(&recorder->strings, text.bytes, text.size);
    if (string == HG_NO_STRING) recorder->failed = true;
    return string;
}

static uint32_t
intern_token(struct hg_recorder *recorder, const struct hg_token *token) {
    return intern(recorder, text_of(recorder, token));
}

static bool
is_text(const struct hg_token *token) {
    return token->kind == HG_TOKEN_STRING;
}

static inline enum hg_word
word_of(const struct hg_token *token) {
    return token->escaped || !token->text ? HG_W_UNKNOWN : hg_word(token->text, token->size);
}

/* -- edges -- */

/* Whether a value is a reference, and to which address. */
static bool
is_reference(const struct hg_token *token, uint64_t *address) {
    return is_text(token) && hg_read_address(token->text, token->size, address);
}

static void
add_edge(struct line *line, uint64_t address, uint32_t name) {
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

/* Every reference at or below a token, whatever it is nested in. */
static void
add_all(struct line *line, uint32_t i, uint32_t name) {
    uint32_t behind = hg_tape_behind(line->tape, i);
    uint64_t address;
    for (; i < behind; i++) {
        if (is_reference(&line->tape->token[i], &address)) add_edge(line, address, name);
    }
}

/* A field that is not known, or is known as nothing else than a reference or several. */
static void
add_field(struct line *line, uint32_t key) {
    const struct hg_token *value = &line->tape->token[key + 1];
    uint64_t address;
    bool container = value->kind == HG_TOKEN_MAP || value->kind == HG_TOKEN_LIST;
    if (!container && !is_reference(value, &address)) return;
    uint32_t name = intern_token(line->recorder, &line->tape->token[key]);
    add_all(line, key + 1, hg_edge_name(HG_E_FIELD, name));
}

/* A map of names to values. */
static void
add_map(struct line *line, uint32_t key, enum hg_edge_kind kind) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) return; // dump_all has numbers of that name
    uint64_t address;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        if (!is_reference(&tape->token[i + 1], &address)) continue;
        add_edge(line, address, hg_edge_name(kind, intern_token(line->recorder, &tape->token[i])));
    }
}

static void
add_elements(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    uint64_t address;
    uint32_t index = 0;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        if (is_reference(&tape->token[i], &address))
            add_edge(line, address, hg_edge_name(HG_E_INDEX, index));
        index++;
    }
}

/* The name of a value in a hash whose key stands in the dump itself. */
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
        return hg_edge_name(HG_E_VALUE, intern(recorder, (struct text){key->text, key->size}));
    case HG_TOKEN_STRING:
        return hg_edge_name(HG_E_VALUE, intern_token(recorder, key));
    case HG_TOKEN_TRUE:
    case HG_TOKEN_FALSE:
    case HG_TOKEN_NULL: {
        const char *word = words[key->kind];
        return hg_edge_name(HG_E_VALUE, intern(recorder, (struct text){word, strlen(word)}));
    }
    default:
        return hg_edge_name(HG_E_VALUE, HG_PAYLOAD_NONE);
    }
}

static void
add_entries(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    uint32_t position = 0;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        uint64_t of_key, of_value;
        uint32_t k = i + 1, at = position++;
        if (tape->token[i].kind != HG_TOKEN_LIST || k >= tape->token[i].size) continue;
        uint32_t v = hg_tape_behind(tape, k);
        bool key_refers = is_reference(&tape->token[k], &of_key) && hg_is_object_address(of_key);
        if (key_refers) add_edge(line, of_key, hg_edge_name(HG_E_KEY, at));
        if (v >= tape->token[i].size || !is_reference(&tape->token[v], &of_value)) continue;
        add_edge(line, of_value,
                 key_refers ? hg_edge_name(HG_E_VALUE_AT, 0)
                            : name_by_key(line->recorder, &tape->token[k]));
    }
}

static void
add_weak(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) {
        add_all(line, key + 1, hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE));
        return;
    }
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        uint32_t name = intern_token(line->recorder, &tape->token[i]);
        add_all(line, i + 1, hg_edge_name(HG_E_WEAK, name));
    }
}

/* `what` of a frame: "label file:line\x1fwhat". */
static uint32_t
frame_name(struct hg_recorder *recorder, struct text place, struct text what) {
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
    uint32_t string = intern(recorder, (struct text){bytes, size});
    free(bytes);
    return string;
}

/* "label file:line" of a frame, malloc'ed; C functions have their name alone. */
static struct text
frame_place(struct line *line, uint32_t frame) {
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
    struct text text = label ? text_of(line->recorder, label) : (struct text){"?", 1};
    memcpy(bytes, text.bytes, text.size);
    n = text.size;
    if (token[FILE_NAME]) {
        text = text_of(line->recorder, token[FILE_NAME]);
        bytes[n++] = ' ';
        memcpy(bytes + n, text.bytes, text.size);
        n += text.size;
        if (token[LINE]) {
            bytes[n++] = ':';
            memcpy(bytes + n, token[LINE]->text, token[LINE]->size);
            n += token[LINE]->size;
        }
    }
    return (struct text){bytes, n};
}

static void
add_frame(struct line *line, uint32_t frame) {
    const struct hg_tape *tape = line->tape;
    struct hg_recorder *recorder = line->recorder;
    struct text place = frame_place(line, frame);
    uint64_t address;
    for (uint32_t i = frame + 1; i < tape->token[frame].size; i = hg_tape_behind(tape, i + 1)) {
        const struct hg_token *value = &tape->token[i + 1];
        enum hg_word word = word_of(&tape->token[i]);
        if (word == HG_W_label || word == HG_W_file || word == HG_W_method) continue;
        if (word == HG_W_locals && value->kind == HG_TOKEN_MAP) {
            for (uint32_t k = i + 2; k < value->size; k = hg_tape_behind(tape, k + 1)) {
                if (!is_reference(&tape->token[k + 1], &address)) continue;
                struct text name = text_of(recorder, &tape->token[k]);
                add_edge(line, address,
                         hg_edge_name(HG_E_FRAME_LOCAL, frame_name(recorder, place, name)));
            }
        }
        else if (is_reference(value, &address)) {
            struct text name = text_of(recorder, &tape->token[i]);
            add_edge(line, address, hg_edge_name(HG_E_FRAME, frame_name(recorder, place, name)));
        }
    }
    if (place.bytes != nothing.bytes) free((char *)place.bytes);
}

static void
add_frames(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_LIST) return;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i)) {
        if (tape->token[i].kind == HG_TOKEN_MAP) add_frame(line, i);
    }
}

/* The flat list. In dump_all's, what a field has named stands again. */
static void
add_references(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    uint32_t behind = hg_tape_behind(tape, key + 1);
    uint64_t address;
    for (uint32_t i = key + 1; i < behind; i++) {
        if (!is_reference(&tape->token[i], &address)) continue;
        uint32_t name = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE);
        for (int n = 0; n < line->named_count; n++) {
            if (line->named[n].address != address) continue;
            name = line->named[n].name;
            line->named[n] = line->named[--line->named_count];
        }
        add_edge(line, address, name);
    }
}

/* A field of dump_all whose reference stands in `references` as well. */
static void
note_named(struct line *line, uint32_t key) {
    uint64_t address;
    int n = line->named_count;
    if (!is_reference(&line->tape->token[key + 1], &address)) return;
    if (n == NAMED_MOST) return;
    line->named[n].address = address;
    line->named[n].name = hg_edge_name(HG_E_FIELD,
                                       intern_token(line->recorder, &line->tape->token[key]));
    line->named_count++;
}

/* -- fields -- */

static void
set_flag(struct line *line, const struct hg_token *value, enum hg_node_flag flag) {
    if (value->kind != HG_TOKEN_FALSE && value->kind != HG_TOKEN_NULL)
        line->node.flags |= (uint8_t)flag;
}

static void
set_number(const struct hg_token *value, uint64_t *number) {
    if (value->kind == HG_TOKEN_NUMBER) hg_read_natural(value->text, value->size, number);
}

static void
take_flags(struct line *line, uint32_t key) {
    const struct hg_tape *tape = line->tape;
    if (tape->token[key + 1].kind != HG_TOKEN_MAP) return;
    for (uint32_t i = key + 2; i < tape->token[key + 1].size; i = hg_tape_behind(tape, i + 1)) {
        if (word_of(&tape->token[i]) == HG_W_old) set_flag(line, &tape->token[i + 1], HG_N_OLD);
    }
}

static void
take_field(struct line *line, uint32_t key) {
    const struct hg_token *value = &line->tape->token[key + 1];
    switch (word_of(&line->tape->token[key])) {
    case HG_W_class:
        is_reference(value, &line->class);
        break;
    case HG_W_class_name:
        if (is_text(value)) line->class_name = key + 1;
        break;
    case HG_W_name:
        if (is_text(value)) line->name = key + 1;
        break;
    case HG_W_struct:
    case HG_W_imemo_type:
        if (!is_text(value)) break;
        line->kind_text = key + 1;
        line->kind = word_of(value);
        break;
    case HG_W_memsize:
        set_number(value, &line->memsize);
        break;
    case HG_W_generation:
        line->has_generation = value->kind == HG_TOKEN_NUMBER;
        set_number(value, &line->generation);
        break;
    case HG_W_file:
        if (is_text(value)) line->file = key + 1;
        break;
    case HG_W_line:
        if (value->kind == HG_TOKEN_NUMBER) line->place_line = key + 1;
        break;
    case HG_W_shape_id:
        line->has_shape = value->kind == HG_TOKEN_NUMBER;
        set_number(value, &line->shape);
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
    case HG_W_receiver_class: // of a call cache; dump_all tells of it though MRI does not mark it
        if (!line->recorder->objspace) add_field(line, key);
        else
            add_all(line, key + 1,
                    hg_edge_name(HG_E_WEAK, intern_token(line->recorder, &line->tape->token[key])));
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

    // texts that may look like an address, and what has been read before
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

static void
take_fields(struct line *line) {
    const struct hg_tape *tape = line->tape;
    for (uint32_t i = line->first_field; i < tape->token[0].size; i = hg_tape_behind(tape, i + 1))
        take_field(line, i);
}

/* -- lines -- */

static bool
finish_node(struct line *line) {
    struct hg_recorder *recorder = line->recorder;
    if (!recorder->failed && !hg_pack_node(&recorder->nodes, &line->node)) recorder->failed = true;
    return !recorder->failed;
}

/* Notes once per class what its instances call it, for classes that have no line. */
static void
note_class_name(struct hg_recorder *recorder, uint32_t place, const struct hg_token *name) {
    size_t mask = recorder->named_room - 1, i = place * UINT32_C(0x9e3779b1) & mask;
    for (; recorder->named_class[i]; i = (i + 1) & mask) {
        if (recorder->named_class[i] == place + 1) return;
    }
    struct hg_class_name_record *record = hg_list_add(&recorder->class_names, sizeof *record);
    if (!record) {
        recorder->failed = true;
        return;
    }
    *record = (struct hg_class_name_record){place, intern_token(recorder, name)};
    recorder->named_class[i] = place + 1;
    if (2 * ++recorder->named_count < recorder->named_room) return;

    size_t room = 2 * recorder->named_room;
    uint32_t *grown = calloc(room, sizeof *grown);
    if (!grown) {
        recorder->failed = true;
        return;
    }
    for (size_t k = 0; k < recorder->named_room; k++) {
        uint32_t one = recorder->named_class[k];
        if (!one) continue;
        size_t to = (one - 1) * UINT32_C(0x9e3779b1) & (room - 1);
        while (grown[to]) to = (to + 1) & (room - 1);
        grown[to] = one;
    }
    free(recorder->named_class);
    recorder->named_class = grown;
    recorder->named_room = room;
}

static void
note_class(struct line *line) {
    if (line->type == HG_W_IMEMO || !hg_is_object_address(line->class))
        return; // 3.1: IMEMO has garbage
    struct hg_recorder *recorder = line->recorder;
    uint32_t place = hg_place(&recorder->units, line->class);
    if (place == HG_NO_PLACE) {
        recorder->failed = true;
        return;
    }
    line->node.class = place;
    if (line->class_name) note_class_name(recorder, place, &line->tape->token[line->class_name]);
}

/* Whether file and line are where the object was allocated (docs/format.md, "Every object"). */
static bool
tells_allocation(const struct line *line) {
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
location(struct line *line) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *file_token = &line->tape->token[line->file];
    const struct hg_token *line_token = &line->tape->token[line->place_line];
    struct text file = text_of(recorder, file_token);
    char number[24] = "";
    size_t digits = 0;
    if (line->place_line && line_token->size < sizeof number) {
        digits = line_token->size;
        memcpy(number, line_token->text, digits);
    }
    // the scratch memory may hold the file already, and grows without losing it
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
    return intern(recorder, (struct text){to, size});
}

static void
note_allocation(struct line *line) {
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
note_rare(struct line *line) {
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

static bool
take_object(struct line *line, const struct hg_token *address_token) {
    struct hg_recorder *recorder = line->recorder;
    uint64_t address;
    if (!address_token || !is_reference(address_token, &address) || !hg_is_object_address(address))
        return false;
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
    take_fields(line);
    note_class(line);
    bool is_module = line->type == HG_W_CLASS || line->type == HG_W_MODULE;
    uint32_t label = is_module ? line->name : line->kind_text;
    if (label) line->node.label = intern_token(recorder, &line->tape->token[label]);
    if (line->kind == HG_W_callcache || line->kind == HG_W_callinfo ||
        line->kind == HG_W_constcache)
        line->node.flags |= HG_N_VM_CACHE;
    line->node.memsize = line->memsize < UINT32_MAX ? (uint32_t)line->memsize : UINT32_MAX;
    note_allocation(line);
    note_rare(line);
    recorder->object_lines++;
    return finish_node(line);
}

static bool
take_root(struct line *line) {
    const struct hg_token *root = hg_tape_field(line->tape, 0, "root");
    line->node.type = HG_T_ROOT;
    if (root && is_text(root)) {
        line->node.label = intern_token(line->recorder, root);
        if (word_of(root) == HG_W_machine_context) line->node.flags |= HG_N_CONSERVATIVE;
    }
    take_fields(line);
    line->recorder->root_count++;
    return finish_node(line);
}

static bool
take_footer(struct line *line) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *objects = hg_tape_field(line->tape, 0, "objects");
    const struct hg_token *complete = hg_tape_field(line->tape, 0, "complete");
    recorder->has_footer = true;
    if (objects) set_number(objects, &recorder->promised_objects);
    recorder->footer_complete = complete && complete->kind == HG_TOKEN_TRUE;
    return true;
}

static bool
take_shape(struct line *line) {
    struct hg_recorder *recorder = line->recorder;
    const struct hg_token *id = hg_tape_field(line->tape, 0, "id");
    const struct hg_token *parent = hg_tape_field(line->tape, 0, "parent_id");
    const struct hg_token *name = hg_tape_field(line->tape, 0, "edge_name");
    const struct hg_token *type = hg_tape_field(line->tape, 0, "shape_type");
    struct hg_shape_record shape = {.parent = UINT64_MAX, .name = HG_NO_STRING};
    if (!id || id->kind != HG_TOKEN_NUMBER) return true;
    set_number(id, &shape.id);
    if (parent) set_number(parent, &shape.parent);
    enum hg_word word = type && is_text(type) ? word_of(type) : HG_W_UNKNOWN;
    if (name && is_text(name) && word == HG_W_IVAR) shape.name = intern_token(recorder, name);
    shape.complex = word == HG_W_OBJ_TOO_COMPLEX;
    struct hg_shape_record *record = hg_list_add(&recorder->shapes, sizeof *record);
    if (!record) recorder->failed = true;
    else *record = shape;
    return true;
}

/* Finds type and address. Returns the first field behind them, if they come first. */
static uint32_t
identify(const struct hg_tape *tape, const struct hg_token **type,
         const struct hg_token **address) {
    const struct hg_token *token = tape->token;
    *type = *address = NULL;
    if (token[0].size >= 5 && word_of(&token[1]) == HG_W_address &&
        word_of(&token[3]) == HG_W_type) {
        *address = &token[2];
        *type = &token[4];
        return 5;
    }
    for (uint32_t i = 1; i < token[0].size; i = hg_tape_behind(tape, i + 1)) {
        enum hg_word word = word_of(&token[i]);
        if (word == HG_W_address && !*address) *address = &token[i + 1];
        if (word == HG_W_type && !*type) *type = &token[i + 1];
    }
    return 1;
}

bool
hg_record_line(struct hg_recorder *recorder, const struct hg_tape *tape, uint32_t at) {
    const struct hg_token *address, *type;
    if (recorder->failed) return false;
    uint32_t first_field = identify(tape, &type, &address);
    if (!type || !is_text(type)) return false;

    struct named named[NAMED_MOST];
    struct line line = {
        .recorder = recorder,
        .named = named,
        .tape = tape,
        .first_field = first_field,
        .type = word_of(type),
        .node = {.place = HG_NO_PLACE, .class = HG_NO_PLACE, .line = at, .label = HG_NO_STRING},
    };
    switch (line.type) {
    case HG_W_HEADER:
        recorder->has_header = true;
        recorder->header_line = at;
        return true;
    case HG_W_FOOTER:
        recorder->footer_line = at;
        return take_footer(&line);
    case HG_W_ROOT:
        return take_root(&line);
    case HG_W_SHAPE:
        return take_shape(&line);
    case HG_W_NONE:   // empty slots, which dump_all writes with full: true
    case HG_W_ZOMBIE: // and such as wait for their finalizer
        return true;
    default:
        return take_object(&line, address);
    }
}

bool
hg_recorder_init(struct hg_recorder *recorder, struct hg_units *units,
                 struct hg_string_table *strings, bool objspace) {
    *recorder = (struct hg_recorder){.objspace = objspace, .named_room = 256};
    recorder->named_class = calloc(recorder->named_room, sizeof *recorder->named_class);
    return hg_seen_units_init(&recorder->units, units) &&
           hg_seen_strings_init(&recorder->strings, strings) && recorder->named_class;
}

void
hg_recorder_free(struct hg_recorder *recorder) {
    struct hg_list *lists[] = {&recorder->nodes,      &recorder->edges,  &recorder->allocations,
                               &recorder->sizes,      &recorder->shapes, &recorder->shaped,
                               &recorder->class_names};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) hg_list_free(lists[i]);
    hg_seen_units_free(&recorder->units);
    hg_seen_strings_free(&recorder->strings);
    hg_buffer_free(&recorder->scratch);
    free(recorder->named_class);
}
