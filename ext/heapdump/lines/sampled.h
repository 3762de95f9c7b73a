/*
 * Where sampled objects were allocated. Whoever samples says how they are found; the writers of
 * lines do not know who that is.
 */
#ifndef HEAPDUMP_SAMPLED_H
#define HEAPDUMP_SAMPLED_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_sampled {
    const char *path, *method; /* not terminated; `method` is NULL if there is none */
    size_t path_size, method_size;
    int line;
    uint32_t generation; /* how many GCs had begun */
};

/* Both allocate nothing and run no code of Ruby. */
struct hd_sampler_facts {
    bool (*find)(VALUE obj, struct hd_sampled *out); /* false if the object is no sample */
    /*
     * Call this before `find`, with the GVL or in a forked process, while the GC is disabled.
     * Returns the bytes between two samples; 0 if nobody samples: then do not call `find`.
     */
    uint64_t (*begin_dump)(void);
};

/* Set when the extension is loaded. */
extern struct hd_sampler_facts hd_sampler_facts;

#endif
