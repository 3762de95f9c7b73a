/*
 * What is known of objects that live, by their addresses: a hash table with open addressing, from
 * which entries can be removed, and whose addresses can change. No ruby.h.
 */
#ifndef HEAPDUMP_LIVING_H
#define HEAPDUMP_LIVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_life {
    uint64_t address; /* 0: an empty place */
    uint32_t site;    /* who made it (recorder.h) */
    uint32_t klass;   /* a number of recorder.h */
    uint32_t birth;   /* how many GCs had begun */
    uint32_t run;     /* which run of the block has made it */
};

/* A zeroed one is empty. */
struct hd_living {
    struct hd_life *entries; /* owned */
    size_t size;             /* entries that have an address */
    size_t places;           /* a power of two, or 0 */
};

/* The entry of this address, NULL if there is none. */
struct hd_life *hd_living_find(const struct hd_living *living, uint64_t address);

/*
 * The entry of this address, which is not 0. A new one has zeros. Returns NULL if there is no
 * memory; the table is then unchanged. Other entries may move.
 */
struct hd_life *hd_living_add(struct hd_living *living, uint64_t address);

/* Removes an entry of this table. Other entries may move. */
void hd_living_remove(struct hd_living *living, struct hd_life *entry);

/*
 * Gives each entry the address that `move` returns for its own; one for which it returns 0 is
 * removed, and of several that get the same only one is kept. Returns false if there is no memory;
 * the table is then empty.
 */
bool hd_living_move(struct hd_living *living, uint64_t (*move)(uint64_t address, void *data),
                    void *data);

/* Removes each entry for which `dead` is true of its address. Allocates nothing. */
void hd_living_reap(struct hd_living *living, bool (*dead)(uint64_t address, void *data),
                    void *data);

size_t hd_living_memory(const struct hd_living *living);
void hd_living_free(struct hd_living *living);

#endif
