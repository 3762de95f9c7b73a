/*
 * What a mapped file says of itself in its ELF headers: where its variables end, and which of them
 * it exports. They are read by system calls, so it does no harm if a page cannot be read, if the
 * file has been truncated since it was mapped, or if the headers are wrong. No ruby.h.
 */
#ifndef HEAPDUMP_ELF_H
#define HEAPDUMP_ELF_H

#include <stddef.h>
#include <stdint.h>

/* Opens the memory of this process for the functions below. -1 if the system has no such file. */
int hd_memory_open(void);

/*
 * Where the variables of a library that begin as 0 (.bss) end, at the end of a page. They follow a
 * mapping of its file as anonymous memory, which begins at `at`; its first mapping is at `start`.
 * Returns 0 if it has none there.
 */
uintptr_t hd_elf_end_of_variables(int memory, uintptr_t start, uintptr_t at);

struct hd_symbol {
    uintptr_t variable, name; /* where the variable and its name are in memory */
};

/* The variables that a library exports. A zeroed one is empty. */
struct hd_symbols {
    struct hd_symbol *list; /* owned */
    size_t size, capacity;
};

/* Adds those of the library that is mapped from `start` to `end`. */
void hd_elf_symbols(struct hd_symbols *symbols, int memory, uintptr_t start, uintptr_t end);
void hd_symbols_free(struct hd_symbols *symbols);

/*
 * Copies the name of the variable into `name`, cut to its `size`, which is at least 1. The name is
 * empty if no symbol is known to have this address, or if it cannot be read.
 */
void hd_symbols_name(const struct hd_symbols *symbols, int memory, uintptr_t variable, char *name,
                     size_t size);

#endif
