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
 * Shortens a line of JSON in place and returns its new size. Texts that are longer than `most`
 * bytes are cut there, never within a character or an escape, and end with "…". Of a list that is a
 * field of the line, the first `items` items stay (at least one); of "frames" all stay. Everything
 * else stays as it is. Valid JSON stays valid. A line that is no JSON may become anything, but
 * never longer.
 */
size_t hg_brief(char *line, size_t size, size_t most, size_t items);

#endif
