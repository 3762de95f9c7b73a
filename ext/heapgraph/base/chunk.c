/* Place in the flow: below everything. See chunk.h. */
#include "base/chunk.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* The most chunks that are kept: as many as loading some 30 million objects gives back. */
enum { MOST = 512 };

/*
 * There is no lock: the process may be forked at any time, and a lock could stay locked in the
 * child.
 */
static _Atomic(void *) kept[MOST];

static void *
take(void) {
    for (size_t i = MOST; i-- > 0;) {
        void *chunk = atomic_load_explicit(&kept[i], memory_order_relaxed);
        if (chunk && (chunk = atomic_exchange(&kept[i], NULL))) return chunk;
    }
    return NULL;
}

static bool
keep(void *chunk) {
    for (size_t i = 0; i < MOST; i++) {
        void *none = NULL;
        if (atomic_load_explicit(&kept[i], memory_order_relaxed)) continue;
        if (atomic_compare_exchange_strong(&kept[i], &none, chunk)) return true;
    }
    return false;
}

void *
hg_chunks_sparse(size_t bytes) {
    char *at = mmap(NULL, bytes + HG_CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
    if (at == MAP_FAILED) return NULL;

    size_t before = -(uintptr_t)at % HG_CHUNK;
    if (before) munmap(at, before);
    munmap(at + before + bytes, HG_CHUNK - before);
    return at + before;
}

/*
 * The last chunk is on a huge page only if all of it is needed: a huge page is touched as a whole.
 */
static void *
fresh(size_t chunks, size_t bytes) {
    void *memory = hg_chunks_sparse(chunks * HG_CHUNK);
    if (memory) (void)madvise(memory, bytes / HG_CHUNK * HG_CHUNK, MADV_HUGEPAGE);
    return memory;
}

void *
hg_chunk(void) {
    void *chunk = take();
    return chunk ? chunk : fresh(1, HG_CHUNK);
}

void *
hg_chunks(size_t bytes, size_t *used) {
    size_t chunks = (bytes + HG_CHUNK - 1) / HG_CHUNK;
    char *memory = fresh(chunks, bytes);
    *used = 0;
    if (!memory) return NULL;

    for (size_t i = 0; i < chunks; i++) {
        void *chunk = take(), *to = memory + i * HG_CHUNK;
        if (!chunk) break;
        if (mremap(chunk, HG_CHUNK, HG_CHUNK, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to) {
            /* The memory at `to` may be gone, and another thread may have mapped its own there. */
            munmap(chunk, HG_CHUNK);
            if (i > 0) munmap(memory, i * HG_CHUNK);
            if (i + 1 < chunks) munmap(memory + (i + 1) * HG_CHUNK, (chunks - i - 1) * HG_CHUNK);
            return NULL;
        }
        *used += HG_CHUNK;
    }
    return memory;
}

void
hg_chunks_keep(void *chunks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        void *chunk = (char *)chunks + i * HG_CHUNK;
        if (madvise(chunk, HG_CHUNK, MADV_FREE) || !keep(chunk)) munmap(chunk, HG_CHUNK);
    }
}

void
hg_chunks_release(void) {
    for (void *chunk; (chunk = take());) munmap(chunk, HG_CHUNK);
}
