/*
 * Place in the flow: within leaks. What is found of a leak, and the parts of the search that fill it
 * in.
 */
#ifndef HEAPGRAPH_LEAK_H
#define HEAPGRAPH_LEAK_H

#include "growth/growth.h"

/* Room for results. What has none is counted (hg_leaks.more) or is the smallest of its list. */
#define HG_MAX_LEAKS 128
#define HG_MAX_PARTS 8
#define HG_MAX_INNER 16
#define HG_MAX_OTHERS 4
#define HG_MAX_CONTENTS 64
#define HG_MAX_SAMPLES 256

/* Objects on one trail. How many there are in a dump is hg_growth_count. */
struct hg_leak_part {
    uint32_t trail;
    uint32_t example; /* last: the node of one of them, HG_NO_NODE if none was found */
    uint32_t wrapped; /* inner parts: steps between them and the part that they belong to */
};

/* Somebody else who holds what leaks. */
struct hg_leak_holder {
    uint32_t node, name, target; /* last: one edge to a new object */
    uint64_t count;              /* last: edges of this kind and trail to new objects */
};

/*
 * What was found of one leak. Each comment says, in this order: of which part, of which dump, and in
 * which unit where that is not objects. So whoever compares two numbers can see that both count the
 * same. "Last" is the last dump, "by dump" one number for each dump. An object of the last dump is
 * new if hg_growth_is_new says so. If none is (all have moved, or the growth was earlier), all
 * objects of the last dump count as new.
 */
struct hg_leak {
    struct hg_leak_part part[HG_MAX_PARTS];  /* what grows in the container, most bytes first */
    struct hg_leak_part inner[HG_MAX_INNER]; /* what grows below any part, most bytes first */
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

    struct hg_leak_holder other[HG_MAX_OTHERS]; /* first part, last: see hg_rules.other_holders */
    uint32_t others;

    uint64_t growth; /* all parts and all below, last - first dump, bytes; to choose by */
};

/* A trail whose number of objects is the same and whose memory, or whose lines, grew. */
struct hg_leak_content {
    uint32_t trail;
    uint64_t
        growth; /* all of the trail, last - first dump that has objects, bytes of memory or lines */
};

/* One trail, one dump: objects that are the same in dumps before; see leaks_stay.c. */
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
    uint64_t reached[HG_MAX_DUMPS];       /* all trails, by dump */
    uint64_t reached_bytes[HG_MAX_DUMPS]; /* all trails, by dump, bytes */
    /* What is no leak's, by dump, of a thousand objects of a sample: those that the next dump has. */
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
