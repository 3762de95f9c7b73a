/*
 * Which library has a variable of C, by the list of mappings of this process. No lock of the
 * dynamic loader is taken, which another thread may have held when this process was forked. No
 * ruby.h.
 */
#ifndef HEAPDUMP_LIBRARIES_H
#define HEAPDUMP_LIBRARIES_H

#include <stddef.h>
#include <stdint.h>

struct hd_library {
    uintptr_t from, to;
    char name[64]; /* of the file, without its directories */
};

/* A zeroed one is empty. */
struct hd_libraries {
    struct hd_library *list; /* owned */
    size_t size, capacity;
};

/* Reads the list. It stays empty where the system has none, or without memory. */
void hd_libraries_read(struct hd_libraries *libraries);
void hd_libraries_free(struct hd_libraries *libraries);

/*
 * Writes "nokogiri.so cNokogiriXmlNode" if the library exports the variable by a name, else
 * "nokogiri.so+0x5120", "?" for an address in no library. The text may be cut to `size` bytes.
 */
void hd_libraries_tell(const struct hd_libraries *libraries, const void *variable, char *text,
                       size_t size);

#endif
