/*
 * Texts that stand in many lines, each kept once: names of variables, hash keys, classes, places.
 *
 * While a dump is loaded, one table for all threads hands out the numbers, and each thread keeps a
 * table of those that it has seen, so that the lock is taken once per thread and text. Afterwards
 * the texts are packed one behind the other.
 */
#ifndef HEAPGRAPH_STRINGS_H
#define HEAPGRAPH_STRINGS_H

#include "base/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts that have the same number in every graph. */
enum hg_known_string {
    HG_S_EMPTY,
    HG_S_SUPERCLASS,
    HG_S_KNOWN,
};

/* What a loaded graph has. Text i: bytes[offset[i]] up to a NUL before offset[i+1]. */
struct hg_strings {
    uint32_t count;
    const uint64_t *offset; /* count + 1 */
    const char *bytes;
};

struct hg_string_table; /* for all threads */

/* NULL without memory. */
struct hg_string_table *hg_string_table_new(void);
void hg_string_table_free(struct hg_string_table *table);

/* Makes what the graph keeps. The arrays are malloc'ed and the caller's. */
enum hg_status hg_strings_pack(const struct hg_string_table *table, struct hg_strings *strings);

/* The texts that one thread has seen. */
struct hg_seen_strings {
    struct hg_string_table *table;
    struct hg_seen_string *seen;
    size_t room, count;
};

bool hg_seen_strings_init(struct hg_seen_strings *seen, struct hg_string_table *table);
void hg_seen_strings_free(struct hg_seen_strings *seen);

/*
 * The number of a text, which is followed by HG_PAD readable bytes. HG_NO_STRING without memory or
 * beyond 2^32-2 texts.
 */
uint32_t hg_intern(struct hg_seen_strings *seen, const char *text, size_t size);

#endif
