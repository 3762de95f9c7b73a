/*
 * The ends of most lines: fields that are true or a size, in the order in which the dumper writes
 * them. They are read from the end of the line on, without a tape.
 */
#ifndef HEAPGRAPH_TAILS_H
#define HEAPGRAPH_TAILS_H

#include <stddef.h>
#include <stdint.h>

struct hg_tail {
    const char *text; /* its comma; NULL if the line has no such end */
    uint64_t memsize;
    uint8_t flags; /* of hg_node_flag */
};

/*
 * Looks for the end of a line: `,"memsize":` with a number that ends the line's map, and before it
 * as many of `embedded`, `fstring`, `frozen`, `shareable` and `old` as are there and true. `rest`
 * is a place in the line before which nothing is read. A string of the line may contain such an end
 * only in part, so what is found is an end if, and only if, a member of the line's map ends there.
 */
struct hg_tail hg_find_tail(const char *rest, const char *end_of_line);

#endif
