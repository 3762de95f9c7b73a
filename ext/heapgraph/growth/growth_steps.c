/*
 * Place in the flow: see growth_steps.h.
 */
#include "growth/growth_steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define HEX_WORD 8 /* so many hexadecimal digits are a number, if one of them is decimal */

static bool
is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static bool
is_hex(unsigned char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool
hg_steps_init(struct hg_steps *steps, const struct hg_graph *graph) {
    *steps = (struct hg_steps){.graph = graph};
    steps->classes = hg_array_sparse(graph->nodes, sizeof(*steps->classes));
    return steps->classes != NULL;
}

void
hg_steps_free(struct hg_steps *steps) {
    free(steps->texts);
    hg_array_free(steps->classes);
    *steps = (struct hg_steps){0};
}

/* How many bytes at the beginning of a text are a number. */
static size_t
number_at(const char *text, size_t length) {
    size_t hex = 0, decimals = 0, digits = 0;
    while (hex < length && is_hex(text[hex])) decimals += is_digit(text[hex++]);
    if (hex >= HEX_WORD && decimals) return hex;
    while (digits < length && is_digit(text[digits])) digits++;
    return digits;
}

/* FNV-1a: the hash of an empty text, and that of a text with one byte more. */
static const uint64_t NO_TEXT = UINT64_C(0xcbf29ce484222325);

static inline uint64_t
add_byte(uint64_t hash, unsigned char byte) {
    return (hash ^ byte) * UINT64_C(0x100000001b3);
}

uint64_t
hg_steps_text(const char *text, size_t length) {
    uint64_t hash = NO_TEXT;
    for (size_t i = 0; i < length;) {
        size_t number = is_hex(text[i]) ? number_at(text + i, length - i) : 0;
        hash = add_byte(hash, number ? '#' : (unsigned char)text[i]);
        i += number ? number : 1;
    }
    hash = hg_steps_join(hash, 1);
    return hash ? hash : 1;
}

/* The hash of an interned string. */
static uint64_t
string_hash(struct hg_steps *steps, uint32_t string) {
    if (string == HG_NO_STRING || string == HG_PAYLOAD_NONE) return 2;
    if (string >= steps->room) {
        size_t room = (size_t)string + string / 2 + 1024;
        uint64_t *texts = realloc(steps->texts, room * sizeof(*texts));
        if (!texts) {
            steps->failed = true;
            return 0;
        }
        memset(texts + steps->room, 0, (room - steps->room) * sizeof(*texts));
        steps->texts = texts;
        steps->room = room;
    }
    if (!steps->texts[string]) {
        size_t length;
        const char *text = hg_string(steps->graph, string, &length);
        steps->texts[string] = hg_steps_text(text, length);
    }
    return steps->texts[string];
}

uint64_t
hg_steps_class(struct hg_steps *steps, uint32_t node) {
    const struct hg_graph *graph = steps->graph;
    uint8_t type = hg_type(graph, node);
    uint64_t plain = hg_steps_join(type, 3);
    switch (type) {
    case HG_T_CLASS:
    case HG_T_MODULE:
        return hg_flags(graph, node) & HG_N_SINGLETON ? hg_steps_join(plain, 1) : plain;
    case HG_T_ICLASS:
    case HG_T_VIRTUAL_ROOT:
    case HG_T_MISSING:
        return plain;
    case HG_T_IMEMO:
    case HG_T_ROOT:
        return hg_steps_join(plain, string_hash(steps, hg_label(graph, node)));
    }
    uint32_t class = hg_class(graph, node);
    if (class == HG_NO_NODE) return plain;
    if (!steps->classes[class]) {
        uint32_t real = hg_real_class(graph, node);
        uint32_t name = real == HG_NO_NODE ? HG_NO_STRING : hg_label(graph, real);
        steps->classes[class] = hg_steps_join(string_hash(steps, name), 4) | 1;
    }
    // C code can make DATA of any class: a table of the VM is an Object, as the main object is
    if (type == HG_T_DATA) return hg_steps_join(steps->classes[class], plain);
    return steps->classes[class];
}

/*
 * Whether the payload of a kind of edge is a text. The payloads of other kinds differ from dump to
 * dump.
 */
static bool
has_text(enum hg_edge_kind kind) {
    switch (kind) {
    case HG_E_FIELD:
    case HG_E_IVAR:
    case HG_E_MEMBER:
    case HG_E_CONSTANT:
    case HG_E_CVAR:
    case HG_E_METHOD:
    case HG_E_GLOBAL:
    case HG_E_CAPTURED:
    case HG_E_FRAME:
    case HG_E_FRAME_LOCAL:
    case HG_E_FIBER_LOCAL:
        return true;
    default:
        return false;
    }
}

uint64_t
hg_steps_take(struct hg_steps *steps, uint32_t name, uint32_t target) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    // it makes no difference how the key is written
    if (kind == HG_E_VALUE_AT || kind == HG_E_VALUE_INT) kind = HG_E_VALUE;
    uint64_t edge = hg_steps_join(kind,
                                  has_text(kind) ? string_hash(steps, hg_edge_payload(name)) : 5);
    return hg_steps_join(edge, hg_steps_class(steps, target));
}

bool
hg_steps_is_part(const struct hg_graph *graph, uint32_t name, const char *part) {
    size_t length, size = strlen(part);
    if (hg_edge_kind(name) != HG_E_FRAME || hg_edge_payload(name) == HG_PAYLOAD_NONE) return false;
    const char *text = hg_string(graph, hg_edge_payload(name), &length);
    return length > size && text[length - size - 1] == '\x1f' &&
           memcmp(text + length - size, part, size) == 0;
}

uint64_t
hg_steps_captured(struct hg_steps *steps, uint32_t env, uint32_t name, uint32_t target) {
    size_t frame, local = 0;
    const char *place = hg_string(steps->graph, hg_edge_payload(env), &frame), *variable = "";
    if (hg_edge_payload(name) != HG_PAYLOAD_NONE)
        variable = hg_string(steps->graph, hg_edge_payload(name), &local);
    frame -= strlen("env");
    char *text = malloc(frame + local);
    if (!text) {
        steps->failed = true;
        return 0;
    }
    memcpy(text, place, frame);
    memcpy(text + frame, variable, local);
    uint64_t edge = hg_steps_join(HG_E_FRAME_LOCAL, hg_steps_text(text, frame + local));
    free(text);
    return hg_steps_join(edge, hg_steps_class(steps, target));
}

bool
hg_steps_shares(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name) {
    return hg_edge_kind(name) == HG_E_FIELD && hg_type(graph, from) == HG_T_ARRAY &&
           hg_type(graph, to) == HG_T_ARRAY &&
           hg_string_is(graph, hg_edge_payload(name), "shared_root");
}

uint64_t
hg_steps_module(struct hg_steps *steps, uint32_t node) {
    size_t length;
    const char *text = hg_string(steps->graph, hg_label(steps->graph, node), &length);
    uint64_t hash = NO_TEXT;
    for (size_t i = 0; i < length; i++) {
        hash = add_byte(hash, (unsigned char)text[i]);
    }
    return hg_steps_join(hash, 6);
}
