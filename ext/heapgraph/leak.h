/*
 * Place in the flow: within leaks. What is found of a leak, and the parts of the search that fill it
 * in.
 */
#ifndef HEAPGRAPH_LEAK_H
#define HEAPGRAPH_LEAK_H

#include "growth.h"

#define HG_MAX_LEAKS 64
#define HG_MAX_PARTS 8
#define HG_MAX_INNER 16
#define HG_MAX_OTHERS 4
#define HG_MAX_CONTENTS 32
#define HG_MAX_SAMPLES 256

/* Objects on one trail; the example is one of them in the last dump. */
struct hg_leak_part {
    uint32_t trail;
    uint32_t example;
    uint32_t wrapped; /* inner parts: steps between them and the part that they belong to */
};

/* Somebody else who holds what leaks. */
struct hg_leak_holder {
    uint32_t node, name, target; /* an edge of the last dump */
    uint64_t count;              /* how many such edges there are */
};

struct hg_leak {
    struct hg_leak_part part[HG_MAX_PARTS];  /* those that grew by most bytes first */
    struct hg_leak_part inner[HG_MAX_INNER]; /* what grows with them, inside of them */
    uint32_t parts, inners;

    /* By dump: what only the growing objects hold. What several leaks hold is shared out evenly. */
    uint64_t retained[HG_MAX_DUMPS];

    /* By dump: how many of its objects the next one has at the same address, on the same trail. */
    uint64_t kept[HG_MAX_DUMPS];

    /* In the last dump, of the objects that are not in the one before (of all, if they are few). */
    uint32_t container;  /* the object that holds most of them; HG_NO_NODE if nothing does */
    uint64_t newcomers;  /* how many there are */
    uint64_t contained;  /* how many of them the container holds */
    uint64_t containers; /* how many objects hold some of them */
    uint64_t chained;    /* how many of all its objects others of them hold: lists and trees */
    uint32_t location;   /* string "file:line" where most were allocated */
    uint64_t located;    /* how many of them were allocated there */

    struct hg_leak_holder other[HG_MAX_OTHERS];
    uint32_t others;

    uint64_t growth; /* bytes on the trail and below it, last dump - first; to choose by */
};

/* Objects whose own size grew while their number did not: their lines tell whether their content did. */
struct hg_leak_content {
    uint32_t trail;
    uint64_t growth; /* bytes */
};

struct hg_leaks {
    struct hg_leak leak[HG_MAX_LEAKS];
    uint32_t leaks;
    uint32_t more; /* how many did not fit */
    struct hg_leak_content content[HG_MAX_CONTENTS];
    uint32_t contents;
    uint64_t reached[HG_MAX_DUMPS], reached_bytes[HG_MAX_DUMPS]; /* objects that are held */
    /* By dump: of a sample of all objects, how many of a thousand the next dump has (see kept). */
    uint32_t stable[HG_MAX_DUMPS];

    /* Between the parts of the search. By trail: number of the leak + 1, 0 for none. */
    uint8_t *part_of; /* whose part it is */
    uint8_t *below;   /* below whose part it is, or whose part it is itself */
};

/* The leak that a node of a dump is part of, + 1; 0 if none. */
static inline uint8_t
hg_leak_at(const struct hg_leaks *leaks, const struct hg_growth_dump *dump, uint32_t node) {
    uint32_t trail = dump->trail[node];
    return trail == HG_NO_TRAIL ? 0 : leaks->part_of[trail];
}

/*
 * leaks_nested.c: notes by trail in `nested` whether it grows inside of what grows: whether most of
 * the objects that the last dump has and the one before has not are held by others that are new as
 * well and whose trail grows (`grows`, by trail). HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_nested(const struct hg_growth *growth, struct hg_task *task,
                               const uint8_t *grows, uint8_t *nested)
    __attribute__((warn_unused_result));

/* leaks_share.c: what each leak retains; leaks_holders.c: who holds it. */
enum hg_status hg_leaks_share(const struct hg_growth *growth, struct hg_task *task,
                              struct hg_leaks *leaks) __attribute__((warn_unused_result));
enum hg_status hg_leaks_look(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));

#endif
