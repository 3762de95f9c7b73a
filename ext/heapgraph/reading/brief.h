/*
 * Place in the flow: beside the source. A line, cut to what a person will see of it: to show forty
 * characters of a text, nobody has to parse all of it.
 */
#ifndef HEAPGRAPH_BRIEF_H
#define HEAPGRAPH_BRIEF_H

#include <stddef.h>

/* The limits for people: bytes of JSON that stay of a text, and items that stay of a list. */
enum { HG_BRIEF_TEXT = 4096, HG_BRIEF_LIST = 256 };

/*
 * Shortens a line of JSON in place and returns its new size. A line of at most `most` bytes stays
 * as it is. In a longer one, a text is cut if that saves something: behind the first character or
 * escape that ends at `most` bytes or later, where "…" (3 bytes) takes the place of the rest. Of a
 * list that is a field of the line, the first `items` items stay (at least one), and their texts
 * are cut too; of "frames" all items stay. Everything else stays as it is. Valid JSON stays valid.
 * A line that is no JSON may become anything, but never longer.
 */
size_t hg_brief(char *line, size_t size, size_t most, size_t items);

#endif
