/* Place in the flow: before a line is parsed, behind its head. See tails.h. */
#include "records/tails.h"

#include <stdbool.h>
#include <string.h>

#include "base/numbers.h"

/* Moves `at` to before a text if that ends there; nothing before `rest` is looked at. */
static inline bool
step_back(const char *rest, const char **at, const char *text, size_t size) {
    if ((size_t)(*at - rest) < size || memcmp(*at - size, text, size) != 0) return false;
    *at -= size;
    return true;
}

#define STEP_BACK(rest, at, text) step_back(rest, at, text, sizeof(text) - 1)

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
    if (at == end || !STEP_BACK(rest, &at, ",\"memsize\":")) return tail;
    if (STEP_BACK(rest, &at, ",\"old\":true")) tail.flags |= HG_N_OLD;
    STEP_BACK(rest, &at, ",\"shareable\":true");
    if (STEP_BACK(rest, &at, ",\"frozen\":true")) tail.flags |= HG_N_FROZEN;
    STEP_BACK(rest, &at, ",\"fstring\":true");
    STEP_BACK(rest, &at, ",\"embedded\":true");
    tail.text = at;
    return tail;
}
