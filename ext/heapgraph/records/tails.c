/* Place in the flow: before a line is parsed, behind its head. See tails.h. */
#include "records/tails.h"

#include <stdbool.h>
#include <string.h>

#include "base/numbers.h"

#define SIZE(text) (sizeof(text) - 1)

/* Whether the bytes before `end` are these; none before `rest` are looked at. */
static inline bool
comes_before(const char *rest, const char *end, const char *text, size_t size) {
    return (size_t)(end - rest) >= size && memcmp(end - size, text, size) == 0;
}

#define COMES_BEFORE(rest, end, text) comes_before(rest, end, text, SIZE(text))

/* Reads the digits that end at `end`. Returns their first one, or `end` if they are no number. */
static const char *
number_before(const char *rest, const char *end, uint64_t *number) {
    enum { MOST = 18 }; // any number of so many digits fits
    uint64_t unit = 1;
    const char *at = end;
    *number = 0;
    for (; at > rest && at[-1] >= '0' && at[-1] <= '9'; at--, unit *= 10) {
        if (end - at == MOST) return end;
        *number += unit * (uint64_t)(at[-1] - '0');
    }
    bool padded = *at == '0' && end - at > 1;
    return padded ? end : at;
}

struct hg_tail
hg_find_tail(const char *rest, const char *end_of_line) {
    struct hg_tail tail = {NULL, 0, 0};
    const char *end = end_of_line;
    if (end == rest || *--end != '}') return tail;
    const char *at = number_before(rest, end, &tail.memsize);
    if (at == end || !COMES_BEFORE(rest, at, ",\"memsize\":")) return tail;
    at -= SIZE(",\"memsize\":");
    if (COMES_BEFORE(rest, at, ",\"old\":true")) {
        at -= SIZE(",\"old\":true");
        tail.flags |= HG_N_OLD;
    }
    if (COMES_BEFORE(rest, at, ",\"shareable\":true")) at -= SIZE(",\"shareable\":true");
    if (COMES_BEFORE(rest, at, ",\"frozen\":true")) {
        at -= SIZE(",\"frozen\":true");
        tail.flags |= HG_N_FROZEN;
    }
    if (COMES_BEFORE(rest, at, ",\"fstring\":true")) at -= SIZE(",\"fstring\":true");
    if (COMES_BEFORE(rest, at, ",\"embedded\":true")) at -= SIZE(",\"embedded\":true");
    tail.text = at;
    return tail;
}
