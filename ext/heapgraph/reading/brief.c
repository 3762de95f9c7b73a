/* Place in the flow: see brief.h. */
#include "reading/brief.h"

#include <stdbool.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
static const size_t ELLIPSIS_SIZE = sizeof(ELLIPSIS) - 1;

/*
 * Where the line is read from, and where what stays of it is written to, which is never further on;
 * then how much of a text and of a list may stay.
 */
struct cut {
    const char *from, *end;
    char *to;
    size_t most, items;
};

static void
copy(struct cut *cut, size_t size) {
    size_t left = (size_t)(cut->end - cut->from);
    if (size > left) size = left;
    memmove(cut->to, cut->from, size);
    cut->to += size;
    cut->from += size;
}

/* Finds the quote that ends a text, or else the end of the line. */
static const char *
end_of_text(const char *text, const char *end) {
    for (const char *at = text; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at) return end;
        const char *before = at;
        while (before > text && before[-1] == '\\') before--;
        if ((at - before) % 2 == 0) return at;
    }
    return end;
}

static bool
is_high_surrogate(const char *escape, size_t left) {
    return left >= 6 && escape[1] == 'u' && (escape[2] == 'd' || escape[2] == 'D') &&
           escape[3] != '\0' && strchr("89abAB", escape[3]);
}

/* The size in bytes of the character or escape that begins at `at`. */
static size_t
unit_size(const char *at, const char *end) {
    unsigned char first = (unsigned char)*at;
    if (first == '\\') {
        bool pair = is_high_surrogate(at, (size_t)(end - at)) && end - at >= 12 && at[6] == '\\';
        if (pair) return 12;
        return end - at >= 2 && at[1] == 'u' ? 6 : 2;
    }
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Copies a text with its quotes, and cuts it if it is too long. */
static void
text(struct cut *cut) {
    const char *begin = cut->from + 1, *end = end_of_text(begin, cut->end), *at = begin;
    if ((size_t)(end - begin) > cut->most + ELLIPSIS_SIZE) {
        while ((size_t)(at - begin) < cut->most && at < end) at += unit_size(at, end);
        if (at > end) at = end;
    }
    else at = end;
    copy(cut, (size_t)(at - cut->from));
    if (end - at > (ptrdiff_t)ELLIPSIS_SIZE) {
        memcpy(cut->to, ELLIPSIS, ELLIPSIS_SIZE);
        cut->to += ELLIPSIS_SIZE;
        cut->from = end;
    }
    copy(cut, (size_t)(end - cut->from) + 1);
}

/* Skips a text with its quotes. */
static void
skip_text(struct cut *cut) {
    const char *end = end_of_text(cut->from + 1, cut->end);
    cut->from = end < cut->end ? end + 1 : end;
}

/* Copies a list with its brackets, without the items behind the last one that may stay. */
static void
list(struct cut *cut) {
    size_t commas = 0, depth = 0;
    bool full = false;
    while (cut->from < cut->end) {
        char byte = *cut->from;
        if (byte == '[' || byte == '{') depth++;
        if (byte == ']' || byte == '}') depth--;
        if (depth == 0) break;
        if (byte == ',' && depth == 1) full = ++commas >= cut->items;
        if (byte == '"') (full ? skip_text : text)(cut);
        else if (full) cut->from++;
        else copy(cut, 1);
    }
    copy(cut, 1);
}

static bool
is_frames(const char *key, const char *end) {
    return end - key == 8 && memcmp(key, "\"frames\"", 8) == 0;
}

size_t
hg_brief(char *line, size_t size, size_t most, size_t items) {
    struct cut cut = {.from = line, .end = line + size, .to = line, .most = most, .items = items};
    size_t depth = 0;
    bool value = false, frames = false; // in the line's own map: behind a colon; behind "frames"
    if (size <= most) return size;
    while (cut.from < cut.end) {
        char byte = *cut.from;
        if (byte == '"') {
            char *key = cut.to;
            text(&cut);
            if (depth == 1 && !value) frames = is_frames(key, cut.to);
            continue;
        }
        if (byte == '[' && depth == 1 && !frames) {
            list(&cut);
            continue;
        }
        if (byte == '{' || byte == '[') depth++;
        if (byte == '}' || byte == ']') depth--;
        if (depth == 1 && (byte == ':' || byte == ',')) value = byte == ':';
        copy(&cut, 1);
    }
    return (size_t)(cut.to - line);
}
