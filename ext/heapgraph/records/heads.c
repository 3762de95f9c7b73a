/* Place in the flow: before a line is parsed. See heads.h. */
#include "records/heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "reading/special.h"
#include "records/words.h"

static const char line_start[] = "{\"address\":\"", type_start[] = ",\"type\":\"";
static const char class_start[] = "\",\"class\":\"0x", name_start[] = "\",\"class_name\":\"";

#define SIZE(text) (sizeof(text) - 1)

bool
hg_heads_init(struct hg_heads *heads) {
    heads->head = hg_zeroed(HG_HEADS, sizeof *heads->head);
    return heads->head != NULL;
}

void
hg_heads_free(struct hg_heads *heads) {
    free(heads->head);
    heads->head = NULL;
}

/*
 * Where a head is kept: a hash of its type's first letters and of its class's last digits. Of the
 * text, SIZE(type_start) bytes and a line's end must be there.
 */
static struct hg_head *
slot_of(const struct hg_heads *heads, const char *text) {
    const char *type = text + SIZE(type_start), *end = hg_find_special(type);
    uint64_t digits = hg_load8(end + SIZE(class_start) + 4);
    return &heads->head[hg_spread(digits ^ (uint64_t)(end - type) ^ (uint64_t)*type << 8) %
                        HG_HEADS];
}

/* Whether the key is the word, and its value a text as it stands in the line. */
static bool
says(const struct hg_token *key, enum hg_word word) {
    return key->kind == HG_TOKEN_KEY && !key->escaped && hg_word(key->text, key->size) == word &&
           key[1].kind == HG_TOKEN_STRING && !key[1].escaped;
}

/*
 * Whether the value of `second` begins `size` bytes behind that of `first`: no spaces are between
 * them, and yajl has copied neither.
 */
static bool
follows(const struct hg_token *first, const struct hg_token *second, size_t size) {
    return (uintptr_t)second->text == (uintptr_t)first->text + first->size + size;
}

void
hg_keep_head(struct hg_heads *heads, const struct hg_tape *tape, uint32_t type, uint64_t class,
             uint32_t place) {
    enum { ADDRESS = 2, TYPE = 4, CLASS = 6, NAME = 8 };
    const struct hg_token *token = tape->token;
    uint64_t said;
    if (token[0].size <= NAME) return;
    if (!says(&token[ADDRESS - 1], HG_W_address) || !says(&token[TYPE - 1], HG_W_type) ||
        !says(&token[CLASS - 1], HG_W_class) || !says(&token[NAME - 1], HG_W_class_name))
        return;
    if (!follows(&token[ADDRESS], &token[TYPE], SIZE("\"") + SIZE(type_start)) ||
        !follows(&token[TYPE], &token[CLASS], SIZE(class_start) - SIZE("0x")) ||
        !follows(&token[CLASS], &token[NAME], SIZE(name_start)))
        return;
    /* A field behind the head may say another class. */
    if (!hg_read_address(token[CLASS].text, token[CLASS].size, &said) || said != class) return;

    const char *text = token[ADDRESS].text + token[ADDRESS].size + SIZE("\"");
    size_t size = (size_t)(token[NAME].text + token[NAME].size + SIZE("\"") - text);
    if (size > HG_HEAD_MOST) return;
    struct hg_head *head = slot_of(heads, text);
    memcpy(head->text, text, size);
    head->size = (uint32_t)size;
    head->place = place;
    head->class = class;
    head->name = token[NAME].size;
    head->type = type;
}

const struct hg_head *
hg_find_head(const struct hg_heads *heads, const char *line, size_t size, uint64_t *address,
             const char **rest) {
    const char *end_of_line = line + size, *digits = line + SIZE(line_start);
    if (size < SIZE(line_start) || memcmp(line, line_start, SIZE(line_start)) != 0) return NULL;

    const char *end = hg_find_special(digits), *text = end + 1;
    if (*end != '"' || !hg_read_address(digits, (size_t)(end - digits), address)) return NULL;
    if (end_of_line - text < (ptrdiff_t)SIZE(type_start)) return NULL;

    const struct hg_head *head = slot_of(heads, text);
    if (head->size == 0 || head->size > (size_t)(end_of_line - text)) return NULL;
    if (memcmp(text, head->text, head->size) != 0) return NULL;
    *rest = text + head->size;
    return head;
}
