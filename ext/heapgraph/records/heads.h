/*
 * Heads of lines. Behind its address, the line of an object says its type, its class and the name
 * of that: the same bytes in the lines of all objects of a class. What they mean is read once, and
 * found again by the bytes themselves.
 */
#ifndef HEAPGRAPH_HEADS_H
#define HEAPGRAPH_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading/tape.h"

enum {
    HG_HEADS = 512,    /* how many are kept; one takes the place of another */
    HG_HEAD_MOST = 96, /* bytes; longer ones are not kept */
};

struct hg_head {
    char text[HG_HEAD_MOST]; /* from the comma behind the address to the quote behind the name */
    uint32_t size;           /* of the text; 0 if there is no head here */
    uint32_t place;          /* of the class */
    uint64_t class;          /* its address */
    uint32_t name;           /* how long its name is, the last text of the head */
    uint32_t type;           /* enum hg_word */
};

/* The heads that one thread has seen. */
struct hg_heads {
    struct hg_head *head; /* HG_HEADS */
};

bool hg_heads_init(struct hg_heads *heads);
void hg_heads_free(struct hg_heads *heads);

/*
 * Keeps the head of a line of an object that has this type, and a class with this address and
 * place. A line that is not written as our dumper does is ignored.
 */
void hg_keep_head(struct hg_heads *heads, const struct hg_tape *tape, uint32_t type, uint64_t class,
                  uint32_t place);

/*
 * Finds the head of a line of `size` bytes, which a newline and HG_PAD bytes that may be read
 * follow. Returns NULL if it is not known; else *address is that of the object, and *rest is what
 * follows the head.
 */
const struct hg_head *hg_find_head(const struct hg_heads *heads, const char *line, size_t size,
                                   uint64_t *address, const char **rest);

#endif
