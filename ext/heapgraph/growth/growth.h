/*
 * Place in the flow: above own_ways, below leaks. Several dumps of one
 * process, the oldest first: how many objects each dump has on each trail. Addresses do not matter
 * here, so neither compaction nor slots that are used again change the numbers.
 */
#ifndef HEAPGRAPH_GROWTH_H
#define HEAPGRAPH_GROWTH_H

#include "growth/own_ways.h"

#define HG_MAX_DUMPS 32

/*
 * The limits that decide here and in leaks what counts as growth. lib/heapdump/leaks/rules.rb has
 * their values, with a reason for each, and passes them; there are no default values here. None is
 * 0.
 */
struct hg_rules {
    uint32_t idle;             /* per so many steps with growth, one at the end may have none */
    uint32_t symbols_per_step; /* at least so many new symbols in each step are a leak */
    uint32_t stay_per_step;    /* objects that stay must grow by so many in each step */
    uint32_t stay_dumps;       /* with fewer dumps than this, objects that stay are not compared */
    uint32_t inner_objects;    /* an inner part grows by 1 / this of the objects of its part, */
    uint32_t inner_bytes;      /* or by more than 1 / this of the bytes of its leak */
    uint32_t other_holders;    /* another holder has at least 1 / this of the new objects */
    uint32_t content_bytes;    /* contents that grew by fewer bytes of memory did not grow */
    uint32_t line_bytes;       /* the same for the bytes of their lines in the dump */
    uint32_t cache_bytes;      /* what code caches is shown if it grew by so many bytes */
};

/* What is known about a trail besides its steps. */
struct hg_trail_facts {
    uint64_t class; /* hg_steps_class of the objects on it */
    uint8_t type;   /* enum hg_type of the objects on it */
    uint8_t kind;   /* enum hg_edge_kind of its last step */
    uint8_t rank;   /* enum hg_rank of the path to the first object found on it */
    uint8_t marks;  /* enum hg_trail_mark */
};

enum hg_trail_mark {
    HG_TRAIL_HIDDEN = 1 << 0,  /* objects that no Ruby program sees: IMEMO, ICLASS, no class */
    HG_TRAIL_METHOD = 1 << 1,  /* entries in a method table, or in the cache of a call */
    HG_TRAIL_CODE = 1 << 2,    /* below an iseq: literals and caches of code */
    HG_TRAIL_VM = 1 << 3,      /* of the VM, of libraries that load code, or of HeapDump */
    HG_TRAIL_CONTENT = 1 << 4, /* arrays, hashes, strings, numbers, data: each may grow by itself */
    HG_TRAIL_NAMES = 1 << 5,   /* modules, objects, threads, fibers: may get more names */
    HG_TRAIL_CACHE = 1 << 6,   /* caches of calls and constants, and what calls look like */
};

/*
 * The objects of a trail in one dump. The bytes of a buffer that arrays share count to the trail of
 * the array.
 */
struct hg_trail_sum {
    uint64_t count, bytes;
};

/* The first object on a trail in a dump, and the edge that leads to it. */
struct hg_first {
    uint32_t node;
    uint32_t above; /* the trail of its parent */
    uint8_t kind;   /* enum hg_edge_kind */
};

/* One dump. */
struct hg_growth_dump {
    const struct hg_graph *graph;
    struct hg_ways ways;    /* of the last dump alone */
    struct hg_first *first; /* of each trail with an object that has a parent, in their order */
    uint32_t firsts;
    uint32_t *trail;          /* by node; HG_NO_TRAIL if there is no path to it */
    struct hg_trail_sum *sum; /* by trail */
    uint32_t trails;          /* how many there were when the dump was added: size of `sum` */
};

struct hg_growth {
    struct hg_rules rules;
    uint32_t dumps;
    struct hg_growth_dump dump[HG_MAX_DUMPS];
    struct hg_trails trails;
    struct hg_trail_facts *facts; /* by trail */
    uint32_t facts_room;
    uint64_t *fresh; /* a bit for each node of the last dump: whether it is new on its trail */
};

/* Prepares a comparison by these rules; way_list.h needs none. HG_OK or HG_NO_MEMORY. */
enum hg_status hg_growth_init(struct hg_growth *growth, const struct hg_rules *rules)
    __attribute__((warn_unused_result));
void hg_growth_free(struct hg_growth *growth);

/*
 * A dump to be added: its graph, and its ways with the paths for which they were built, if an index
 * has them, or else NULL.
 */
struct hg_growth_source {
    const struct hg_graph *graph;
    const struct hg_own_ways *own;
    const struct hg_parents *paths;
};

/*
 * Adds dumps, the oldest first, all younger than those before them. Their graphs must live as long
 * as the growth; their ways are needed only meanwhile. HG_OK · HG_STOPPED · HG_NO_MEMORY ·
 * HG_TOO_LARGE (more than HG_MAX_DUMPS).
 */
enum hg_status hg_growth_add(struct hg_growth *growth, const struct hg_growth_source *sources,
                             uint32_t count, struct hg_task *task)
    __attribute__((warn_unused_result));

/*
 * Finds the new objects of the last dump, of at least two; hg_growth_is_new needs it. HG_OK or
 * HG_NO_MEMORY.
 */
enum hg_status hg_growth_find_new(struct hg_growth *growth) __attribute__((warn_unused_result));

/* The objects of a trail in a dump. */
static inline struct hg_trail_sum
hg_growth_sum(const struct hg_growth *growth, uint32_t dump, uint32_t trail) {
    const struct hg_growth_dump *of = &growth->dump[dump];
    return trail < of->trails ? of->sum[trail] : (struct hg_trail_sum){0};
}

static inline uint64_t
hg_growth_count(const struct hg_growth *growth, uint32_t dump, uint32_t trail) {
    return hg_growth_sum(growth, dump, trail).count;
}

/* Whether a trail has objects that a program can see, or entries of a method table. */
static inline bool
hg_is_visible(const struct hg_growth *growth, uint32_t trail) {
    uint8_t marks = growth->facts[trail].marks;
    return !(marks & HG_TRAIL_HIDDEN) || marks & HG_TRAIL_METHOD;
}

/*
 * Whether a trail has objects of the program: such as a program can see, but no code and its
 * literals, except what only caches of code hold, and none of the VM's own lists, except symbols.
 */
static inline bool
hg_is_of_program(const struct hg_growth *growth, uint32_t trail) {
    const struct hg_trail_facts *facts = &growth->facts[trail];
    if (facts->type == HG_T_ROOT || facts->type == HG_T_VIRTUAL_ROOT) return false;
    bool cached = facts->rank == HG_RANK_CACHE && facts->type == HG_T_IMEMO;
    if (cached || facts->marks & HG_TRAIL_CODE)
        return facts->rank == HG_RANK_CACHE && hg_is_visible(growth, trail);
    if (facts->marks & HG_TRAIL_VM) return facts->type == HG_T_SYMBOL;
    return hg_is_visible(growth, trail);
}

/* Whether a dump has an object of another dump: at the same address, on the same trail. */
static inline bool
hg_growth_has(const struct hg_growth_dump *dump, const struct hg_growth_dump *other,
              uint32_t node) {
    uint32_t here = hg_node_at(dump->graph, hg_address(other->graph, node));
    return here != HG_NO_NODE && dump->trail[here] == other->trail[node];
}

/*
 * The dump that decides what is new on a trail: the latest dump that has fewer objects there than
 * the last one, or the one before the last if there is none. So if growth comes in bursts, it may
 * stand still in the last step.
 */
static inline const struct hg_growth_dump *
hg_growth_base(const struct hg_growth *growth, uint32_t trail) {
    uint32_t last = growth->dumps - 1;
    uint64_t count = hg_growth_count(growth, last, trail);
    for (uint32_t dump = last; dump-- > 0;) {
        if (hg_growth_count(growth, dump, trail) < count) return &growth->dump[dump];
    }
    return &growth->dump[last - 1];
}

/* Whether a node of the last dump is new on its trail: hg_growth_base does not have it. */
static inline bool
hg_growth_is_new(const struct hg_growth *growth, uint32_t node) {
    return growth->fresh[node / 64] >> node % 64 & 1;
}

#endif
