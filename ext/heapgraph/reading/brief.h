/*
 * Place in the flow: beside the source. A line as far as a person will see it: whoever shows forty
 * characters of a text need not parse all of it.
 */
#ifndef HEAPGRAPH_BRIEF_H
#define HEAPGRAPH_BRIEF_H

#include <stddef.h>

/* What is left of a text, in bytes of JSON, and of a list. */
enum { HG_BRIEF_TEXT = 4096, HG_BRIEF_LIST = 256 };

/*
 * Shortens a line of JSON in place and returns its new size. Texts that are longer than `most` bytes
 * are cut there, never within a character or an escape, and end with "…"; of a list that is a field
 * of the line the first `items` stay (one at least), but of "frames" all of them. All else stays as
 * it is: valid JSON stays valid. What is no JSON may become anything that is no longer.
 */
size_t hg_brief(char *line, size_t size, size_t most, size_t items);

#endif
