/*
 * The words for errors of a dump. No ruby.h.
 */
#ifndef HEAPDUMP_REASON_H
#define HEAPDUMP_REASON_H

/* The reason for an errno, as part of a sentence. Some numbers have a meaning of their own here. */
const char *hd_reason(int error);

/* The same for an error that came from opening a file of that path. */
const char *hd_path_reason(const char *path, int error);

#endif
