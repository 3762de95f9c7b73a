/*
 * Arrays are zeroed whatever their memory held before, keep what is behind a trim, and may be made
 * and freed by several threads at once.
 */
#include <pthread.h>
#include <string.h>

#include "base/array.h"
#include "base/chunk.h"
#include "../check.h"

enum { KINDS = 6, ROUNDS = 30, THREADS = 4 };

static const size_t sizes[KINDS] = {
    0, 1000, HG_CHUNK / 2, HG_CHUNK, 3 * HG_CHUNK - 64, 5 * HG_CHUNK + 1};

static void
check_all(const unsigned char *bytes, size_t size, unsigned char expected) {
    CHECK_EQUAL(0, (uintptr_t)bytes % 64);
    if (size == 0) return;
    CHECK_EQUAL(expected, bytes[0]);
    CHECK_EQUAL(0, memcmp(bytes, bytes + 1, size - 1));
}

static void *
use(void *mark) {
    unsigned char own = *(unsigned char *)mark;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned char *arrays[KINDS];
        for (int i = 0; i < KINDS; i++) {
            arrays[i] = round % 5 == 4 ? hg_array_sparse(sizes[i], 1) : hg_array(sizes[i], 1);
            CHECK(arrays[i]);
            check_all(arrays[i], sizes[i], 0);
            memset(arrays[i], own, sizes[i]);
        }
        for (int i = 0; i < KINDS; i++) {
            size_t left = round % 3 ? sizes[i] : sizes[i] / 2;
            hg_array_trim(arrays[i], left, 1);
            check_all(arrays[i], left, own);
            hg_array_free(arrays[i]);
        }
        if (round % 7 == 6) hg_chunks_release();
    }
    return NULL;
}

int
main(void) {
    pthread_t threads[THREADS];
    unsigned char marks[THREADS];
    for (int i = 0; i < THREADS; i++) {
        marks[i] = (unsigned char)(i + 1);
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, use, &marks[i]));
    }
    for (int i = 0; i < THREADS; i++) CHECK_EQUAL(0, pthread_join(threads[i], NULL));

    CHECK(!hg_array(SIZE_MAX / 2, 4));
    hg_chunks_release();
    return 0;
}
