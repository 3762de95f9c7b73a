/*
 * Place in the flow: within leaks. What is found of a leak, and the parts of the search that fill it
 * in.
 */
#ifndef HEAPGRAPH_LEAK_H
#define HEAPGRAPH_LEAK_H

#include "growth/growth.h"

#define HG_MAX_LEAKS 128
#define HG_MAX_PARTS 8
#define HG_MAX_INNER 16
#define HG_MAX_OTHERS 4
#define HG_MAX_CONTENTS 64
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

/*
 * Counts are objects, and without another word those of the first part alone: whoever compares two
 * of them has one unit. `last` is the last dump. What is new is told by hg_growth_is_new; where
 * nothing is (all have moved, or grew before), all of the last dump's count as new.
 */
struct hg_leak {
    struct hg_leak_part part[HG_MAX_PARTS]; /* all that grows in the container, most bytes first */
    struct hg_leak_part
        inner[HG_MAX_INNER]; /* what grows with any part, inside; most bytes first */
    uint32_t parts, inners;

    /*
     * All parts, by dump, bytes: what only the growing objects hold, the inner ones with it. What
     * several leaks hold is shared out evenly.
     */
    uint64_t retained[HG_MAX_DUMPS];

    /* First part, by dump: those that the next dump has at the same address on the same trail. */
    uint64_t kept[HG_MAX_DUMPS];

    uint32_t container;  /* last: what holds most of the new objects; HG_NO_NODE if nothing does */
    uint64_t newcomers;  /* first part, last: how many are new */
    uint64_t contained;  /* first part, last: how many of the new ones the container holds */
    uint64_t containers; /* first part, last: how many objects hold some of the new ones */
    uint64_t chained;  /* first part, last: how many of all others of the leak hold: lists, trees */
    uint32_t location; /* first part, last: string "file:line" where most new ones were allocated */
    uint64_t located;  /* first part, last: how many of the new ones were allocated there */

    struct hg_leak_holder
        other[HG_MAX_OTHERS]; /* first part, last: of at least half the new ones */
    uint32_t others;

    uint64_t growth; /* all parts and all below, bytes, last dump - first; to choose by */
};

/* Objects that grew while their number did not: their lines tell whether their content did. */
struct hg_leak_content {
    uint32_t trail;
    uint64_t growth; /* all of the trail, bytes of memory or of lines, last dump - first */
};

/* Of the objects of a trail and a dump, how many are the same in dumps before; see leaks_stay.c. */
struct hg_leak_stayed {
    uint32_t once;  /* that the dump before has */
    uint32_t twice; /* that the two dumps before have */
};

struct hg_leaks {
    struct hg_leak leak[HG_MAX_LEAKS];
    uint32_t leaks;
    uint32_t more; /* how many did not fit */
    struct hg_leak_content content[HG_MAX_CONTENTS];
    uint32_t contents;
    uint64_t reached[HG_MAX_DUMPS], reached_bytes[HG_MAX_DUMPS]; /* objects that are held */
    /* By dump: of a sample of what is no leak's, how many of a thousand the next dump has (see kept). */
    uint32_t stable[HG_MAX_DUMPS];

    /*
     * related[a × HG_MAX_LEAKS + b]: last dump, first part of leak b: how many of the new objects are
     * held by leak a as well, by an object of it or below. NULL if there are no leaks.
     */
    uint32_t *related;

    /* Between the parts of the search. By trail: number of the leak + 1, 0 for none. */
    uint8_t *part_of; /* whose part it is */
    uint8_t *below;   /* below whose part it is, or whose part it is itself */

    /* By dump but the first, by trail; counted for trails of which the last dump has more. */
    struct hg_leak_stayed *stayed[HG_MAX_DUMPS];
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

/*
 * leaks_stay.c: fills in what stays from dump to dump (HG_OK · HG_STOPPED · HG_NO_MEMORY), and says
 * whether it becomes more on a trail, dump by dump.
 */
enum hg_status hg_leaks_stay(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));
bool hg_leaks_stays(const struct hg_growth *growth, const struct hg_leaks *leaks, uint32_t trail);

/* leaks_contents.c: what grows without more objects. HG_OK · HG_NO_MEMORY. */
enum hg_status hg_leaks_contents(const struct hg_growth *growth, struct hg_leaks *leaks)
    __attribute__((warn_unused_result));

/* leaks_share.c: what each leak retains; leaks_holders.c: who holds it. */
enum hg_status hg_leaks_share(const struct hg_growth *growth, struct hg_task *task,
                              struct hg_leaks *leaks) __attribute__((warn_unused_result));
enum hg_status hg_leaks_look(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));

#endif
