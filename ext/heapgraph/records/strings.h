/*
 * Texts that occur in many lines, each of which is kept once: names of variables, hash keys,
 * classes, places in the source.
 *
 * While a dump is loaded, one table for all threads gives each text its number, and each thread has
 * a table of the texts that it has seen, so that it takes the lock once for each text. Afterwards
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

/*
 * What a loaded graph has. Text i begins at bytes[offset[i]] and ends with a NUL before
 * offset[i+1].
 */
struct hg_strings {
    uint32_t count;
    const uint64_t *offset; /* count + 1 */
    const char *bytes;
};

struct hg_string_table; /* for all threads */

/* Returns NULL if there is no memory. */
struct hg_string_table *hg_string_table_new(void);
void hg_string_table_free(struct hg_string_table *table);

/* Makes the texts of the graph. The arrays are malloc'ed and belong to the caller. */
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
 * Returns the number of a text, which HG_PAD bytes that may be read must follow. HG_NO_STRING if
 * there is no memory or there are more than 2^32-2 texts.
 */
uint32_t hg_intern(struct hg_seen_strings *seen, const char *text, size_t size);

#endif
