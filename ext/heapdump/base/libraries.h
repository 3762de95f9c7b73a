/*
 * Which library has a variable of C, by the list of mappings of this process. No lock of the
 * dynamic loader is taken, which another thread may have held when this process was forked. No
 * ruby.h.
 */
#ifndef HEAPDUMP_LIBRARIES_H
#define HEAPDUMP_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/elf.h"

struct hd_library {
    uintptr_t from, to;
    char *path;                /* owned */
    struct hd_symbols symbols; /* owned; read when they are first needed */
    bool has_symbols;
};

struct hd_libraries {
    struct hd_library *list; /* owned; in the order of their addresses */
    size_t size, capacity;
    int memory; /* -1 if it cannot be read */
};

/*
 * Reads the list. It stays empty where the system has none, and ends early without memory. Call
 * hd_libraries_free afterwards.
 */
void hd_libraries_read(struct hd_libraries *libraries);
void hd_libraries_free(struct hd_libraries *libraries);

/*
 * Writes "nokogiri.so cNokogiriXmlNode" if the library exports the variable by a name, else
 * "nokogiri.so+0x5120", "?" for an address in no library. The text may be cut to `size` bytes.
 */
void hd_libraries_tell(struct hd_libraries *libraries, const void *variable, char *text,
                       size_t size);

#endif
