/*
 * Place in the flow: below analysis and indexfile. Where everything is in an index file.
 *
 * First comes a header of one page, then the sections: the arrays as they are in memory, each at a
 * multiple of the page size. They belong to four parts. A part is there as a whole or not at all.
 */
#ifndef HEAPGRAPH_LAYOUT_H
#define HEAPGRAPH_LAYOUT_H

#include <stddef.h>

#include "records/index.h"
#include "kept/parts.h"

#define HG_INDEX_PAGE 4096u
#define HG_INDEX_VERSION 5u

/* part, name, array of the analysis, size of an element, number of elements (`h` is the header) */
#define HG_SECTIONS(X)                                                                             \
    X(GRAPH, FIRST, graph->first, 4, h->nodes + UINT64_C(1))                                       \
    X(GRAPH, TARGET, graph->target, 4, h->edges)                                                   \
    X(GRAPH, CLASS_NODE, graph->class_node, 4, h->nodes)                                           \
    X(GRAPH, NAME, graph->name, 4, h->edges)                                                       \
    X(GRAPH, MEMSIZE, graph->memsize, 4, h->nodes)                                                 \
    X(GRAPH, TYPE, graph->type, 1, h->nodes)                                                       \
    X(GRAPH, FLAGS, graph->flags, 1, h->nodes)                                                     \
    X(GRAPH, LOCATION, graph->location, 4, h->locations ? h->nodes : 0)                            \
    X(GRAPH, GENERATION, graph->generation, 4, h->generations ? h->nodes : 0)                      \
    X(GRAPH, LABEL, graph->label, 4, h->nodes)                                                     \
    X(GRAPH, LINE, graph->line, 4, h->lines ? h->nodes : 0)                                        \
    X(GRAPH, LARGE_NODE, graph->large_node, 4, h->large)                                           \
    X(GRAPH, LARGE_MEMSIZE, graph->large_memsize, 8, h->large)                                     \
    X(GRAPH, STRING_OFFSET, graph->strings->offset, 8, h->strings + UINT64_C(1))                   \
    X(GRAPH, STRING_BYTES, graph->strings->bytes, 1, h->string_bytes)                              \
    X(GRAPH, UNIT_KEY, graph->index->key, 8, h->units)                                             \
    X(GRAPH, UNIT_BASE, graph->index->base, 4, h->units)                                           \
    X(GRAPH, UNIT_BITS, graph->index->bits, 8 * HG_UNIT_WORDS, h->units)                           \
    X(TREE, POSITION, tree.position, 4, h->nodes)                                                  \
    X(TREE, NODE, tree.node, 4, h->reached)                                                        \
    X(TREE, END, tree.end, 4, h->reached)                                                          \
    X(TREE, UP, tree.up, 4, h->reached)                                                            \
    X(TREE, RETAINED, tree.retained, 8, h->reached)                                                \
    X(PARENTS, PARENT, parents.parent, 4, h->nodes)                                                \
    X(PARENTS, PARENT_NAME, parents.name, 4, h->nodes)                                             \
    X(PARENTS, COST, parents.cost, 4, h->nodes)                                                    \
    X(PARENTS, MODULE, parents.module, 1, h->nodes)                                                \
    X(INVERSE, REFERRERS, inverse.first, 4, h->nodes + UINT64_C(1))                                \
    X(INVERSE, SOURCE, inverse.source, 4, h->edges)                                                \
    X(INVERSE, INSTANCE, inverse.instance, 4, h->nodes)                                            \
    X(INVERSE, NEXT, inverse.next, 4, h->nodes)

#define HG_SECTION_NUMBER(part, name, array, size, count) HG_SECTION_##name,
enum hg_section_number { HG_SECTIONS(HG_SECTION_NUMBER) HG_SECTION_COUNT };

struct hg_section {
    uint64_t offset, size; /* bytes */
    uint64_t checksum;
};

struct hg_index_header {
    char magic[8];
    uint32_t version, byte_order, header_size, sections;
    struct hg_identity identity;
    uint64_t file_size;

    uint32_t objects, roots, nodes, large, strings, reached;
    uint64_t edges, units, string_bytes;
    uint64_t reachable_objects, reachable_bytes, unreachable_objects, unreachable_bytes;
    uint32_t locations, generations, lines; /* whether the graph has them */
    uint32_t has[HG_PARTS];
    struct hg_account account;

    struct hg_section section[HG_SECTION_COUNT];
    uint64_t checksum; /* of everything before it */
};

/* A running checksum. It finds damage and is as fast as memory; it does not stop an attacker. */
struct hg_sum {
    uint64_t lane[8];
    uint64_t size;
};

/* The size of every piece except the last one is a multiple of 64 bytes. */
void hg_sum_add(struct hg_sum *sum, const void *bytes, size_t size);
uint64_t hg_sum_end(const struct hg_sum *sum);

/* Which part a section belongs to. */
enum hg_part hg_section_part(enum hg_section_number number);

/* The size in bytes that a section must have by the numbers in the header. */
uint64_t hg_section_size(const struct hg_index_header *header, enum hg_section_number number);

/* Finds which dump a file is. Zeroed for what is no regular file. HG_OK, HG_IO or HG_NO_MEMORY. */
enum hg_status hg_identify(const char *path, struct hg_task *task, struct hg_identity *identity);

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
 * Takes a part from an index (NULL if there is none). *found is false if the index does not have
 * the part or the part is damaged. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_index_take(struct hg_index_file *file, enum hg_part part, struct hg_task *task,
                             struct hg_analysis *analysis, bool *found)
    __attribute__((warn_unused_result));

/*
 * Adds a part that has been computed to the index, if one is open or being written. The arrays of
 * the part are in the file from then on; if that fails, they stay where they are. HG_OK, or
 * HG_STOPPED, and then the part is gone.
 */
enum hg_status hg_index_add(struct hg_analysis *analysis, enum hg_part part, struct hg_task *task);

#endif
