/*
 * Place in the flow: within leaks. What is known of a leak, and the parts of the search that find
 * it out.
 */
#ifndef HEAPGRAPH_LEAK_H
#define HEAPGRAPH_LEAK_H

#include "growth/growth.h"

/*
 * Room for results. Leaks without room are counted (hg_leaks.more); other lists drop their
 * smallest.
 */
#define HG_MAX_LEAKS 128
#define HG_MAX_PARTS 8
#define HG_MAX_INNER 16
#define HG_MAX_OTHERS 4
#define HG_MAX_CONTENTS 64
#define HG_MAX_SAMPLES 256
#define HG_MAX_KINDS 64

/* The objects on one trail. hg_growth_count says how many of them a dump has. */
struct hg_leak_part {
    uint32_t trail;
    uint32_t example; /* last: the node of one of them, or HG_NO_NODE if none was found */
    uint32_t wrapped; /* inner parts: how many steps below their part they are */
};

/* Another holder of the objects of a leak. */
struct hg_leak_holder {
    uint32_t node, name, target; /* last: one edge to a new object */
    uint64_t count;              /* last: edges of this kind and from this trail to new objects */
};

/*
 * What is known of one leak. Each comment says, in this order: of which part, of which dump, and in
 * which unit if that is not objects. So whoever compares two numbers can see whether both count the
 * same. "Last" is the last dump; "by dump" is one number for each dump. An object of the last dump
 * is new if hg_growth_is_new says so. If none is new (all have moved, or the growth was earlier),
 * all objects of the last dump count as new.
 */
struct hg_leak {
    struct hg_leak_part part[HG_MAX_PARTS];  /* what grows in the container, most bytes first */
    struct hg_leak_part inner[HG_MAX_INNER]; /* what grows below any part, most bytes first */
    uint32_t parts, inners;

    /*
     * All parts, by dump, bytes: what only the growing objects hold, inner ones included. What
     * several leaks hold together is divided evenly between them.
     */
    uint64_t retained[HG_MAX_DUMPS];

    /* First part, by dump: objects that the next dump has at the same address on the same trail. */
    uint64_t kept[HG_MAX_DUMPS];

    uint32_t container;  /* last: the object that holds most of the new objects, or HG_NO_NODE */
    uint64_t newcomers;  /* first part, last: how many objects are new */
    uint64_t contained;  /* first part, last: how many new objects the container holds */
    uint64_t containers; /* first part, last: how many objects hold new objects */
    uint64_t chained;    /* first part, last: all that others of the leak hold: lists, trees */
    uint32_t location; /* first part, last: string "file:line" where most new ones were allocated */
    uint64_t located;  /* first part, last: how many new objects were allocated there */
    uint64_t placed;   /* first part, last: of how many new objects the dump says where */

    struct hg_leak_holder other[HG_MAX_OTHERS]; /* first part, last: see hg_rules.other_holders */
    uint32_t others;

    uint64_t growth; /* all parts and all below them, last - first dump, bytes; to sort by */
};

/* A trail with the same number of objects in each dump, whose memory or whose lines grew. */
struct hg_leak_content {
    uint32_t trail;
    uint64_t growth; /* all objects, last - first dump that has any, bytes of memory or lines */
};

/* One trail, one dump: how many objects are the same as in dumps before; see leaks_stay.c. */
struct hg_leak_stayed {
    uint32_t once;  /* that the dump before has as well */
    uint32_t twice; /* that both dumps before have as well */
};

/*
 * Objects of one class (or type and kind, where they have no class) that belong to no leak and are
 * not below one. Those that the VM alone holds are a kind of their own: their paths lead through
 * code, tables of the VM and caches only. The part is that of all paths which begin at one module
 * or root, the one below which most bytes grew; for what the program holds it is the whole kind.
 */
struct hg_leak_kind {
    struct hg_trail_sum sum[HG_MAX_DUMPS];  /* by dump */
    struct hg_trail_sum part[HG_MAX_DUMPS]; /* by dump */
    uint32_t example;     /* last: the node of one in the part, or HG_NO_NODE if there is none */
    bool vm;              /* whether the VM alone holds them */
    size_t first, behind; /* used within the search: where the part lies */
};

struct hg_leaks {
    struct hg_leak leak[HG_MAX_LEAKS];
    uint32_t leaks;
    uint32_t more; /* how many leaks had no room */
    struct hg_leak_content content[HG_MAX_CONTENTS];
    uint32_t contents;
    struct hg_leak_kind kind[HG_MAX_KINDS]; /* whose bytes grew, most growth first */
    uint32_t kinds;
    uint64_t reached[HG_MAX_DUMPS];       /* all trails, by dump */
    uint64_t reached_bytes[HG_MAX_DUMPS]; /* all trails, by dump, bytes */
    /*
     * By dump, of a thousand objects of a sample that belong to no leak: how many the next dump has
     * as well.
     */
    uint32_t stable[HG_MAX_DUMPS];

    /*
     * related[a × HG_MAX_LEAKS + b]: first part of leak b, last: how many of the new objects are
     * held by leak a as well, by one of its objects or by something below one. The edge that is on
     * the path of the new object does not count, nor does what a thread or other data holds without
     * a name. NULL if there are no leaks.
     */
    uint32_t *related;

    /* Used within the search. By trail: number of a leak + 1, or 0 for none. */
    uint8_t *part_of; /* the leak whose part the trail is */
    uint8_t *below;   /* the leak below whose part it is, or whose part it is */

    /*
     * By dump except the first, by trail. Only trails that have more objects in the last dump than
     * in the first are counted.
     */
    struct hg_leak_stayed *stayed[HG_MAX_DUMPS];
};

/* The number of the leak to which a node of a dump belongs, + 1; 0 if it belongs to none. */
static inline uint8_t
hg_leak_at(const struct hg_leaks *leaks, const struct hg_growth_dump *dump, uint32_t node) {
    uint32_t trail = dump->trail[node];
    return trail == HG_NO_TRAIL ? 0 : leaks->part_of[trail];
}

/*
 * leaks_nested.c: writes to `nested`, by trail from 1 on, whether it grows inside of what grows.
 * The new objects of a trail (hg_growth_is_new) are divided by their holder, the nearest object on
 * their path that a program sees. It is so if more of them have a holder that is new as well and
 * whose trail grows (`grows`, by trail) than have another holder. Those without a holder, and those
 * that an object of their own trail or of a trail below it holds, do not count. HG_OK · HG_STOPPED
 * · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_nested(const struct hg_growth *growth, struct hg_task *task,
                               const uint8_t *grows, uint8_t *nested)
    __attribute__((warn_unused_result));

/*
 * leaks_stay.c. hg_leaks_stay counts the objects that stay from dump to dump: HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY. hg_leaks_stays says whether those on a trail become more with each dump.
 */
enum hg_status hg_leaks_stay(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));
bool hg_leaks_stays(const struct hg_growth *growth, const struct hg_leaks *leaks, uint32_t trail);

/* leaks_contents.c: finds what grows without more objects. HG_OK · HG_NO_MEMORY. */
enum hg_status hg_leaks_contents(const struct hg_growth *growth, struct hg_leaks *leaks)
    __attribute__((warn_unused_result));

/* leaks_kinds.c: finds what else grew, by class. HG_OK · HG_STOPPED · HG_NO_MEMORY. */
enum hg_status hg_leaks_kinds(const struct hg_growth *growth, struct hg_task *task,
                              struct hg_leaks *leaks) __attribute__((warn_unused_result));

/* leaks_holders.c measures how many objects stay at their addresses (leaks->stable). */
void hg_leaks_stable(const struct hg_growth *growth, struct hg_leaks *leaks);

/*
 * leaks_share.c finds what each leak retains, and leaks_holders.c which objects hold it. HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_share(const struct hg_growth *growth, struct hg_task *task,
                              struct hg_leaks *leaks) __attribute__((warn_unused_result));
enum hg_status hg_leaks_look(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));

#endif
