/*
 * The words for errors of a dump. No ruby.h.
 */
#ifndef HEAPDUMP_REASON_H
#define HEAPDUMP_REASON_H

/* The reason for an errno, as part of a sentence. Some numbers have a meaning of their own here. */
const char *hd_reason(int error);

#endif
