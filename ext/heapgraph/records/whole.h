/*
 * What "whole and valid" means: the list of all checks, for `heapdump verify` and for every command
 * that reads a dump.
 */
#ifndef HEAPGRAPH_WHOLE_H
#define HEAPGRAPH_WHOLE_H

#include <stdbool.h>

/* name of the check, what must be true */
#define HG_EACH_CHECK(X)                                                                           \
    X(compression, "compressed data can be decompressed up to its end")                            \
    X(no_byte_order_mark, "the first byte is no byte order mark")                                  \
    X(valid_lines, "each line is one of a dump")                                                   \
    X(no_holes, "there are no NUL bytes, which stand where nothing has been written")              \
    X(line_ends, "lines end in a newline alone")                                                   \
    X(ended, "the last line ends in one as well")                                                  \
    X(one_dump, "there are no two dumps")                                                          \
    X(header_first, "the first line is the HEADER")                                                \
    X(footer_last, "the last line is the FOOTER")                                                  \
    X(one_footer, "there is one FOOTER")                                                           \
    X(complete, "the FOOTER says that the dump is complete")                                       \
    X(gc_idle, "the GC has not run while it was written")                                          \
    X(roots, "there are ROOT lines")                                                               \
    X(promised_objects, "as many objects as the FOOTER promises")                                  \
    X(promised_roots, "as many ROOT lines as it promises")                                         \
    X(promised_lines, "as many lines as it promises")                                              \
    X(promised_bytes, "as many bytes before it as it promises")                                    \
    X(distinct_objects, "no object has two lines")                                                 \
    X(known_references, "what is referred to has a line")                                          \
    X(known_types, "this version knows the types of all objects")

#define HG_CHECK_NUMBER(name, what) HG_CHECK_##name,
enum hg_check { HG_EACH_CHECK(HG_CHECK_NUMBER) HG_CHECKS };
#undef HG_CHECK_NUMBER

/*
 * HG_UNTOLD: the dump does not say it. ObjectSpace.dump_all writes neither HEADER nor FOOTER, and
 * the FOOTER of version 0.1.0 does not have all of the numbers.
 */
enum hg_answer { HG_UNTOLD, HG_PASSED, HG_FAILED };

struct hg_account;

/* Fills in the answers to all checks from the other fields of the account. */
void hg_check_whole(struct hg_account *account);

/* Whether a check has failed. */
bool hg_has_failed(const struct hg_account *account);

#endif
