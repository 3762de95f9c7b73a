/*
 * Place in the flow: below analysis and indexfile. Where everything is in an index file.
 *
 * First comes a header of one page, then the sections, each at a multiple of the page size: arrays
 * as they are in memory, and packed columns, which have two sections. They belong to six parts. A
 * part is there as a whole or not at all.
 */
#ifndef HEAPGRAPH_LAYOUT_H
#define HEAPGRAPH_LAYOUT_H

#include <stddef.h>

#include "base/column.h"
#include "records/index.h"
#include "kept/parts.h"
#include "tree/folded.h"

#define HG_INDEX_PAGE 4096u
#define HG_INDEX_VERSION 13u

/* part, name, array of the analysis, size of an element, number of elements (`h` is the header) */
#define HG_ARRAYS(X)                                                                               \
    X(GRAPH, LARGE_NODE, graph->large_node, 4, h->large)                                           \
    X(GRAPH, LARGE_MEMSIZE, graph->large_memsize, 8, h->large)                                     \
    X(GRAPH, STRING_OFFSET, graph->strings->offset, 8, h->strings + UINT64_C(1))                   \
    X(GRAPH, STRING_BYTES, graph->strings->bytes, 1, h->string_bytes)                              \
    X(GRAPH, UNIT_KEY, graph->index->key, 8, h->units)                                             \
    X(GRAPH, UNIT_BASE, graph->index->base, 4, h->units)                                           \
    X(GRAPH, UNIT_BITS, graph->index->bits, 8 * HG_UNIT_WORDS, h->units)                           \
    X(INVERSE, MOST, inverse.most, sizeof(struct hg_referred), h->referred)                        \
    X(KINDS, KIND, kinds.kind, sizeof(struct hg_kind), h->kinds)                                   \
    X(KINDS, OUTLINE, kinds.outline, sizeof(struct hg_outlined), h->outlined)                      \
    X(OWN_WAYS, FIRST_ON_TRAIL, own_ways.first, 4, h->firsts)                                      \
    X(OWN_WAYS, OWN_TRAIL, own_ways.trails, sizeof(struct hg_own_trail), h->trails)

/* part, name, column of the analysis, its kind of numbers (two fields), how many it has */
#define HG_COLUMNS(X)                                                                              \
    X(GRAPH, FIRST, graph->first, 4, 0, h->nodes + UINT64_C(1))                                    \
    X(GRAPH, TARGET, graph->target, 4, 0, h->edges)                                                \
    X(GRAPH, CLASS_NODE, graph->class_node, 4, 0, h->nodes)                                        \
    X(GRAPH, NAME, graph->name, 4, HG_NAME_TOP, h->edges)                                          \
    X(GRAPH, MEMSIZE, graph->memsize, 4, 0, h->nodes)                                              \
    X(GRAPH, TYPE, graph->type, 1, 0, h->nodes)                                                    \
    X(GRAPH, FLAGS, graph->flags, 1, 0, h->nodes)                                                  \
    X(GRAPH, LOCATION, graph->location, 4, 0, h->locations ? h->nodes : 0)                         \
    X(GRAPH, GENERATION, graph->generation, 4, 0, h->generations ? h->nodes : 0)                   \
    X(GRAPH, LABEL, graph->label, 4, 0, h->nodes)                                                  \
    X(GRAPH, LINE, graph->line, 4, 0, h->lines ? h->nodes : 0)                                     \
    X(TREE, POSITION, tree.position, 4, 0, h->nodes)                                               \
    X(TREE, NODE, tree.node, 4, 0, h->reached)                                                     \
    X(TREE, END, tree.end, 4, 0, h->reached)                                                       \
    X(TREE, UP, tree.up, 4, 0, h->reached)                                                         \
    X(TREE, RETAINED, tree.retained, 8, 0, h->reached)                                             \
    X(PARENTS, PARENT, parents.parent, 4, 0, h->nodes)                                             \
    X(PARENTS, PARENT_NAME, parents.name, 4, HG_NAME_TOP, h->nodes)                                \
    X(PARENTS, COST, parents.cost, 4, HG_COST_TOP, h->nodes)                                       \
    X(PARENTS, MODULE, parents.module, 1, 0, h->nodes)                                             \
    X(INVERSE, REFERRERS, inverse.first, 4, 0, h->nodes + UINT64_C(1))                             \
    X(INVERSE, SOURCE, inverse.source, 4, 0, h->edges)                                             \
    X(INVERSE, INSTANCE, inverse.instance, 4, 0, h->nodes)                                         \
    X(INVERSE, LAST_INSTANCE, inverse.last_instance, 4, 0, h->nodes)                               \
    X(INVERSE, INSTANCES, inverse.instances, 4, 0, h->nodes)                                       \
    X(KINDS, KIND_AT, kinds.at, 4, 0, h->reached)                                                  \
    X(OWN_WAYS, WAY_ORDER, own_ways.order, 4, 0, h->on_ways)                                       \
    X(OWN_WAYS, WAY_PARENT, own_ways.parent, 4, 0, h->nodes)                                       \
    X(OWN_WAYS, WAY_NAME, own_ways.name, 4, 0, h->nodes)                                           \
    X(OWN_WAYS, WAY_RANK, own_ways.rank, 1, 0, h->nodes)                                           \
    X(OWN_WAYS, WAY_MODULE, own_ways.module, 1, 0, h->nodes)                                       \
    X(OWN_WAYS, TRAIL, own_ways.trail, 4, 0, h->nodes)

#define HG_ARRAY_NUMBER(part, name, array, size, count) HG_ARRAY_##name,
enum hg_array_number { HG_ARRAYS(HG_ARRAY_NUMBER) HG_ARRAY_COUNT };

#define HG_COLUMN_NUMBER(part, name, column, size, top, count) HG_COLUMN_##name,
enum hg_column_number { HG_COLUMNS(HG_COLUMN_NUMBER) HG_COLUMN_COUNT };

/* Sections are numbered: first the arrays, then two for each column. */
enum { HG_SECTION_COUNT = HG_ARRAY_COUNT + 2 * HG_COLUMN_COUNT };

/* The section with the frames of a column; the next one has its words. */
static inline int
hg_frame_section(enum hg_column_number column) {
    return HG_ARRAY_COUNT + 2 * (int)column;
}

struct hg_section {
    uint64_t offset, size; /* bytes */
    uint64_t checksum;     /* of its bytes, and of how many numbers the array or column has */
};

struct hg_index_header {
    char magic[8];
    uint32_t version, byte_order, header_size, sections;
    struct hg_identity identity;
    uint64_t file_size;

    uint32_t objects, roots, nodes, large, strings, reached, kinds, outlined, referred;
    uint32_t on_ways, trails, firsts; /* of hg_own_ways: reached, count, firsts */
    uint64_t edges, units, string_bytes;
    uint64_t reachable_objects, reachable_bytes, unreachable_objects, unreachable_bytes;
    uint32_t locations, generations, lines; /* whether the graph has them */
    uint32_t has[HG_PARTS];
    uint64_t boot[HG_PARTS]; /* hg_boot when a part was written or last checked */
    struct hg_account account;

    struct hg_section section[HG_SECTION_COUNT];
    uint64_t checksum; /* of everything before it */
};

_Static_assert(sizeof(struct hg_index_header) <= HG_INDEX_PAGE, "the header has one page");

/* A running checksum. It finds damage and is as fast as memory; it does not stop an attacker. */
struct hg_sum {
    uint64_t lane[8];
    uint64_t size;
};

/* The size of every piece except the last one is a multiple of 64 bytes. */
void hg_sum_add(struct hg_sum *sum, const void *bytes, size_t size);
uint64_t hg_sum_end(const struct hg_sum *sum);

/* Which part a section belongs to. */
enum hg_part hg_section_part(int section);

/* How many numbers the array or column of a section has. */
uint64_t hg_section_count(const struct hg_index_header *header, int section);

/*
 * The size in bytes that a section has by the numbers in the header. The words of a column may be
 * any number; *words says that the size is that of one word, of which there may be more.
 */
uint64_t hg_section_size(const struct hg_index_header *header, int section, bool *words);

struct hg_number_kind hg_column_kind(enum hg_column_number column);

/* The column itself; the analysis has a graph. */
struct hg_column *hg_column_of(struct hg_analysis *analysis, enum hg_column_number column);

/* Finds which dump a file is. Zeroed for what is no regular file. HG_OK, HG_IO or HG_NO_MEMORY. */
enum hg_status hg_identify(const char *path, struct hg_task *task, struct hg_identity *identity);

/*
 * A number for the time since the machine was started; 0 if it is not known. After a failure of
 * power, which may leave holes in a file, it is another one.
 */
uint64_t hg_boot(void);

/* Whether two identities are those of the same dump. */
bool hg_same_dump(const struct hg_identity *a, const struct hg_identity *b);

/*
 * The name of the index of a dump, in malloc'ed memory: beside the dump, or in the cache folder,
 * which is created if `make` is true. NULL if there is no such folder or no memory.
 */
char *hg_index_beside(const char *path);
char *hg_index_in_cache(const char *path, bool make);

/* An index that is open. */
struct hg_index_file {
    int fd;
    bool writing;
    bool lost; /* it could not be written to its end, and has no name any more */
    struct hg_index_header header;
    bool damaged[HG_PARTS];
    uint64_t end;       /* up to where it is written */
    char *name, *final; /* its name while it is written, and the name that it will get */
    struct {
        char *memory; /* NULL until it is mapped */
        uint64_t offset;
        size_t size;
    } part[HG_PARTS];
};

/* Unmaps and closes an index, and removes one that was begun and not finished. NULL is allowed. */
void hg_index_file_free(struct hg_index_file *file);

/* Maps a part and lets its arrays point there. HG_OK or HG_NO_MEMORY. */
enum hg_status hg_index_use(struct hg_index_file *file, enum hg_part part,
                            struct hg_analysis *analysis);

/* Reads the header of an open file. Returns false if the file is no index of this dump. */
bool hg_index_read_header(const struct hg_index_file *file, const struct hg_identity *identity,
                          struct hg_index_header *header);

/*
 * Gives an index the modification time by which it is known that nobody has written to it since.
 * Whatever is written later sets another one.
 */
void hg_index_seal(const struct hg_index_file *file);
bool hg_index_is_sealed(const struct hg_index_file *file);

/*
 * Notes in an index that the checksums of a part were right, so that they need not be compared
 * again before the machine is restarted or somebody writes to the file. It is no error if that
 * cannot be noted.
 */
void hg_index_note_checked(struct hg_index_file *file, enum hg_part part,
                           const struct hg_identity *identity);

/*
 * Takes a part from an index (NULL if there is none). *found is false if the index does not have
 * the part or the part is damaged. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_index_take(struct hg_index_file *file, enum hg_part part, struct hg_task *task,
                             struct hg_analysis *analysis, bool *found)
    __attribute__((warn_unused_result));

/*
 * Packs the columns of a part with several threads, and writes them behind the end of the file.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO (the task says why) · HG_TOO_LARGE.
 */
enum hg_status hg_write_columns(struct hg_index_file *file, const struct hg_analysis *analysis,
                                enum hg_part part, struct hg_task *task);

/*
 * Adds a part that has been computed to the index, if one is open or being written. The arrays of
 * the part are in the file from then on; if that fails, they stay where they are. HG_OK, or
 * HG_STOPPED, and then the part is gone.
 */
enum hg_status hg_index_add(struct hg_analysis *analysis, enum hg_part part, struct hg_task *task);

#endif
